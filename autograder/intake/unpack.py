"""Unpack an archive of hand-ins onto numbered files of our own: no name in it is ever used as a path.

A zip, a tar, a tar.gz or a plain folder becomes a list of `Found`: the parts of each member's name, cleaned
for reading, and the numbered file with its bytes, or the sentence that says why it was refused. Everything is
bounded before it is read: members, bytes of one, bytes of all, how far one may expand, the table of contents
itself.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from autograder.intake import timestamps
from autograder.intake.files import (
    UnreadableFile,
    entries,
    kind,
    opened_folder,
    printable,
    read_bytes,
    too_large,
)
from autograder.intake.text import MOST_BYTES
from autograder.mistakes import Mistake

MOST_MEMBERS = 20_000
MOST_CONTENTS = 8_000_000  # bytes of a zip's table of contents: MOST_MEMBERS names of 350 bytes
MOST_TOTAL = 8_000_000_000  # bytes of all members together, on disk while they are sorted
MOST_RATIO = 250  # of expansion, once a member is larger than RATIO_FROM; notebooks reach 30
RATIO_FROM = 5_000_000
DEEPEST = 12  # folders inside folders
_CHUNK = 1_000_000

# What Python's readers raise on damaged or hostile archives.
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,  # UnicodeDecodeError included
    KeyError,
    IndexError,
    OverflowError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    struct.error,
)


class ArchiveError(Mistake):
    """The archive as a whole cannot be used. The message says why and what to do."""


class _Refused(Exception):
    """One member is not taken, for this reason."""


@dataclass(frozen=True)
class Found:
    """A member of an archive. Exactly one of `file` and `refused` is set.

    `parts` are those of its name: folders, then the file's own name; shown and compared, never opened. Where
    the name itself was refused they say nothing about whose it is (`misnamed`).
    """

    parts: tuple[str, ...]
    file: Path | None = None
    modified: datetime | None = None
    refused: str = ""
    misnamed: bool = False
    notices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The whole name, fit to be shown."""
        return printable("/".join(self.parts), 300)


@dataclass
class Store:
    """Where the members' bytes go, and how many may still come."""

    folder: Path
    most_bytes: int = MOST_TOTAL
    most_members: int = MOST_MEMBERS
    _bytes: int = field(default=0, init=False)
    _members: int = field(default=0, init=False)
    _files: int = field(default=0, init=False)

    def expect_one(self) -> None:
        """Count a member. Raises ArchiveError for one too many."""
        self._members += 1
        if self._members > self.most_members:
            raise ArchiveError(f"The archive holds more than {self.most_members:,} files. Split it.")

    def keep(self, chunks: Iterator[bytes]) -> Path:
        """Write the chunks to a new numbered file. Raises ArchiveError when there are too many bytes."""
        self._files += 1
        path = self.folder / f"{self._files:06}"
        try:
            with path.open("xb") as file:
                for chunk in chunks:
                    self._bytes += len(chunk)
                    if self._bytes > self.most_bytes:
                        raise ArchiveError(
                            "The archive unpacks to more than is allowed (a “zip bomb”, or too many files). "
                            "Split it, or look at it by hand."
                        )
                    file.write(chunk)
        except OSError as error:
            path.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ArchiveError(
                    f"There is no space left in {self.folder} to unpack the archive."
                ) from error
            raise
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path


def unpack(source: Path, store: Store, timezone: str) -> list[Found]:
    """Unpack the archive or folder `source` into `store`. A zip's times are taken to be in `timezone`.

    Raises ArchiveError where nothing in it can be used.
    """
    try:
        if source.is_dir():
            return list(_from_folder(source, store))
        with source.open("rb") as file:
            return _from_archive(file, source.stat().st_size, store, timezone)
    except UnreadableFile as error:
        raise ArchiveError(error.sentence) from error
    except OSError as error:
        raise ArchiveError(f"{source} cannot be read ({error.strerror or error}).") from error


def unpack_inner(archive: Path, store: Store, timezone: str) -> list[Found]:
    """Unpack an archive that was itself a member. Raises ArchiveError, here one student's trouble only."""
    with archive.open("rb") as file:
        return _from_archive(file, archive.stat().st_size, store, timezone)


def is_archive(name: str) -> bool:
    """Whether a file of this name is looked into."""
    return name.lower().endswith((".zip", ".tar", ".tar.gz", ".tgz"))


def safe_parts(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split a member's name into parts, with notices about what was taken out of it.

    Raises _Refused for names that lead elsewhere or that hold NUL or control characters.
    """
    notices = []
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in name):
        raise _Refused("its name contains control characters")
    visible = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    if visible != name:
        notices.append(f"Invisible characters were taken out of the name “{printable(name)}”.")
    name = unicodedata.normalize("NFC", visible).replace("\\", "/")
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        raise _Refused("its name is absolute: it points to a place outside the archive")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise _Refused("its name leads out of the archive (“..”)")
    if not parts:
        raise _Refused("it has no name")
    if len(parts) > DEEPEST:
        raise _Refused(f"it lies more than {DEEPEST} folders deep")
    if any(len(part.encode()) > 255 for part in parts):
        notices.append(f"The name “{printable(name, 60)}” is longer than a file's name may be.")
    return parts, tuple(notices)


def _from_archive(file: IO[bytes], size: int, store: Store, timezone: str) -> list[Found]:
    start = file.read(4)
    file.seek(0)
    try:
        if start.startswith(b"\x1f\x8b"):
            plain = _gunzipped(file, size, store)
            try:
                with plain.open("rb") as tar:
                    return list(_from_tar(tar, store))
            finally:
                plain.unlink()
        if start.startswith(b"PK"):
            return list(_from_zip(file, store, timezone))
        return list(_from_tar(file, store))
    except _BROKEN as error:
        raise ArchiveError(
            f"The archive is damaged, or no zip, tar or tar.gz ({_first_line(error)}). Download it again."
        ) from error


def _from_zip(file: IO[bytes], store: Store, timezone: str) -> Iterator[Found]:
    with zipfile.ZipFile(_Bounded(file, MOST_CONTENTS)) as archive:
        for info in archive.infolist():
            store.expect_one()
            raw_name = _zip_name(info)
            if info.is_dir():
                continue
            yield _found(
                raw_name, store, lambda info=info: _zip_content(archive, info), _zip_time(info, timezone)
            )


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; one that is not marked as UTF-8 and yet is (macOS, old Moodle) is read as UTF-8."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise _Refused(f"it is {kind(mode)}, not a regular file")
    if info.flag_bits & 0x1:
        raise _Refused("it is encrypted; hand it in without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _Refused("it is packed by an unusual method; pack it again as an ordinary zip")
    if info.file_size > MOST_BYTES:
        raise _Refused(too_large(printable(Path(info.filename).name), info.file_size, MOST_BYTES))
    with archive.open(info) as member:
        yield from _limited(member, info.compress_size)


def _zip_time(info: zipfile.ZipInfo, timezone: str) -> datetime | None:
    try:
        return timestamps.local(*info.date_time, timezone)
    except ValueError:
        return None


def _gunzipped(file: IO[bytes], size: int, store: Store) -> Path:
    def chunks() -> Iterator[bytes]:
        total = 0
        with gzip.GzipFile(fileobj=file) as packed:
            while chunk := packed.read(_CHUNK):
                total += len(chunk)
                if total > max(RATIO_FROM * 20, MOST_RATIO * size):
                    raise ArchiveError(
                        f"The archive expands to more than {MOST_RATIO} times its size (a “zip bomb”)."
                    )
                yield chunk

    try:
        return store.keep(chunks())
    except (OSError, *_BROKEN) as error:
        raise ArchiveError(f"The archive is damaged ({_first_line(error)}). Download it again.") from error


def _from_tar(file: IO[bytes], store: Store) -> Iterator[Found]:
    bounded = _Bounded(file, MOST_CONTENTS)
    with tarfile.open(fileobj=bounded, mode="r:") as archive:  # type: ignore[call-overload]
        while (info := archive.next()) is not None:
            store.expect_one()
            archive.members.clear()  # it would keep every header otherwise
            if info.isdir():
                continue
            try:
                modified = timestamps.checked(datetime.fromtimestamp(info.mtime, UTC))
            except (ValueError, OverflowError, OSError):
                modified = None
            yield _found(info.name, store, lambda info=info: _tar_content(archive, info), modified)


def _tar_content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    if info.issym() or info.islnk():
        raise _Refused("it is a link, not a regular file")
    if not info.isreg() or info.issparse():
        raise _Refused("it is a device or another special file, not a regular one")
    if info.size > MOST_BYTES:
        raise _Refused(too_large(printable(Path(info.name).name), info.size, MOST_BYTES))
    member = archive.extractfile(info)
    if member is None:
        raise _Refused("it cannot be read")
    with member:
        yield from _limited(member, None)


def _from_folder(source: Path, store: Store) -> Iterator[Found]:
    with opened_folder(source, follow=True) as folder:
        yield from _walk(folder, (), store)


def _walk(folder: int, above: tuple[str, ...], store: Store) -> Iterator[Found]:
    for name, mode in entries(folder):
        store.expect_one()
        parts = (*above, name)
        if stat.S_ISDIR(mode):
            if len(parts) >= DEEPEST:
                yield Found(parts, refused=f"it lies more than {DEEPEST} folders deep")
                continue
            try:
                with opened_folder(name, inside=folder) as inner:
                    yield from _walk(inner, parts, store)
            except UnreadableFile as error:
                yield Found(parts, refused=error.sentence)
            continue
        yield _found(
            "/".join(parts),
            store,
            lambda name=name: iter((read_bytes(name, folder=folder, most=MOST_BYTES),)),
            None,  # a copied file has the time of its copying, which would make everybody late
        )


def _found(name: str, store: Store, content: Any, modified: datetime | None) -> Found:
    """Keep one member, or say why not. `content` is called for the chunks of its bytes."""
    try:
        parts, notices = safe_parts(name)
    except _Refused as reason:
        return Found(_shown_parts(name), refused=_sentence(name, str(reason)), misnamed=True)
    try:
        return Found(parts, store.keep(content()), modified, notices=notices)
    except UnreadableFile as error:
        return Found(parts, refused=error.sentence)
    except _Refused as reason:
        return Found(parts, refused=_sentence(name, str(reason)))
    except _BROKEN as error:
        return Found(parts, refused=_sentence(name, f"it is damaged ({_first_line(error)})"))


def _limited(member: IO[bytes], packed: int | None) -> Iterator[bytes]:
    """The bytes of a member, counted as they come: what its header says of its size is not believed."""
    total = 0
    while chunk := member.read(_CHUNK):
        total += len(chunk)
        if total > MOST_BYTES:
            raise _Refused(f"it unpacks to more than {MOST_BYTES // 1_000_000} MB")
        if packed is not None and total > RATIO_FROM and total > MOST_RATIO * packed:
            raise _Refused(f"it expands to more than {MOST_RATIO} times its size (a “zip bomb”)")
        yield chunk


class _Bounded:
    """A file that is never read by more than `most` bytes at once: archive readers believe the headers."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._most = most
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int | None = -1) -> bytes:
        asked = self._most + 1 if size is None or size < 0 else size
        if asked > self._most + 1:
            raise ValueError("its table of contents is too large")
        content = self._file.read(asked)
        if len(content) > self._most:
            raise ValueError("its table of contents is too large")
        return content

    def close(self) -> None:
        """The file belongs to whoever opened it."""


def _shown_parts(name: str) -> tuple[str, ...]:
    return tuple(printable(part, 255) for part in name.replace("\\", "/").split("/") if part) or ("?",)


def _sentence(name: str, reason: str) -> str:
    return f"“{printable(name)}” was not taken: {reason.removesuffix('.')}."


def _first_line(error: BaseException) -> str:
    return printable(str(error).strip().partition("\n")[0] or type(error).__name__, 100)
