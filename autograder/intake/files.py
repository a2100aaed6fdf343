"""Read files that somebody else put there: never through a link, never more than was allowed, never a device.

Every name is opened relative to the folder that holds it, without following a link at the last step, and its
kind and size are asked of the opened file, so that nothing can be exchanged between the check and the
reading.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.intake.submission import RejectedSubmission

MOST_ENTRIES = 10_000  # of one folder


class UnreadableFile(RejectedSubmission):
    """A file of the hand-in is a link, no regular file, too large, or may not be read."""


def read_bytes(name: str, *, folder: int, most: int) -> bytes:
    """Read the regular file `name` in the opened `folder` (a descriptor), at most `most` bytes of it.

    Raises UnreadableFile, with the reason, for everything else.
    """
    shown = printable(name)
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        _demand_regular(found, shown)
        # O_NONBLOCK: should a FIFO have taken the file's place since, opening it must not wait for a writer.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        raise UnreadableFile(_why_not(error, shown)) from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        _demand_regular(found, shown)
        if found.st_size > most:
            raise UnreadableFile(too_large(shown, found.st_size, most))
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise UnreadableFile(_why_not(error, shown)) from error
    if len(content) > most:
        raise UnreadableFile(too_large(shown, len(content), most))
    return content


@contextmanager
def opened_folder(path: str | Path, *, inside: int | None = None, follow: bool = False) -> Iterator[int]:
    """Open a folder and yield its descriptor. A link is followed only if `follow` is set (our own folders).

    Raises UnreadableFile if it is none or may not be read.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags, dir_fd=inside)
    except OSError as error:
        raise UnreadableFile(_why_not(error, printable(os.path.basename(path)))) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def entries(folder: int, most: int = MOST_ENTRIES) -> list[tuple[str, int]]:
    """Names in the opened folder with the type bits of their modes (links not followed), sorted by name.

    Raises UnreadableFile for a folder of more than `most` names.
    """
    found: list[tuple[str, int]] = []
    try:
        with os.scandir(folder) as names:
            for entry in names:
                if len(found) == most:
                    raise UnreadableFile(
                        f"The folder holds more than {most:,} files. Hand in the notebook alone."
                    )
                with suppress(FileNotFoundError):  # removed since it was listed
                    found.append((entry.name, stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)))
    except OSError as error:
        raise UnreadableFile(_why_not(error, "the folder")) from error
    return sorted(found)


def kind(mode: int) -> str:
    """What a file of these type bits is called in a sentence."""
    names = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFREG: "a file",
    }
    return names.get(stat.S_IFMT(mode), "a special file")


def printable(name: str, most: int = 120) -> str:
    """`name` as it may stand in a sentence: what cannot be seen is spelled out, and it is at most `most` long."""
    shown = "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in name[: most + 1]
    )
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def too_large(shown: str, size: int, most: int) -> str:
    """The sentence for a file over its limit. The size is rounded up, so that it never looks allowed."""
    return (
        f"“{shown}” is {-(-size // 1_000_000):,} MB large; at most {most // 1_000_000:,} MB are taken. Clear "
        "all outputs (or the one that prints or plots so much), save, and hand it in again."
    )


def _demand_regular(found: os.stat_result, shown: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFile(
            f"“{shown}” is {kind(found.st_mode)}, not a regular file. Hand in the notebook file itself."
        )


def _why_not(error: OSError, shown: str) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"“{shown}” may not be read by the grader. An instructor has to set its permissions right."
    if error.errno == errno.ENOENT:
        return f"“{shown}” is not there (any more). Hand it in again."
    if error.errno == errno.ELOOP:
        return f"“{shown}” is a symbolic link, not a regular file. Hand in the notebook file itself."
    if error.errno == errno.ENOTDIR:
        return (
            f"“{shown}” is no folder (a link or a file stands in its place). An instructor has to look at it."
        )
    return f"“{shown}” could not be read ({os.strerror(error.errno or 0)}). Hand it in again."
