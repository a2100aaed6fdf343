"""The files of one assignment that a grader reads, as one value that can travel to another machine.

    bundle = Bundle.of(course, "ass1")
    course_there = bundle.unpack(folder, course)

A bundle has no variant, no hand-in, no gradebook and no course.yaml: the course travels as a model, without the
database's address and the roster. Data sets do not travel; see `autograder.data`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autograder.course import Course, DataFolder
from autograder.running.cluster_error import ClusterError
from autograder.running.store import deciding_files

MAX_FILES, MAX_BYTES = 5_000, 512_000_000


class BundleError(ClusterError):
    """A bundle cannot be made, or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class Bundle:
    """Paths relative to the course's folder, with `/`, and contents; sorted by path."""

    files: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, course: Course, assignment: str) -> Self:
        """The files of `assignment`: both notebooks and the hidden tests, without what no grade depends on.

        Raises BundleError if they are too large to be sent to every worker.
        """
        paths = deciding_files(course, assignment)
        size = sum(path.stat().st_size for path in paths)
        if len(paths) > MAX_FILES or size > MAX_BYTES:
            raise BundleError(
                f"The hidden tests of {assignment} are {len(paths)} files of {size / 1e6:.0f} MB together; at most "
                f"{MAX_FILES} files of {MAX_BYTES / 1e6:.0f} MB can be sent. Move large files into a data set."
            )
        return cls(_read(course.root, paths))

    @property
    def digest(self) -> str:
        """SHA-256 of names and contents."""
        digest = hashlib.sha256()
        for name, content in self.files:
            digest.update(f"{len(name)} {name} {len(content)} ".encode())
            digest.update(content)
        return digest.hexdigest()

    def unpack(self, folder: Path, course: Course) -> Course:
        """Write the files below the existing `folder`; the course there."""
        self._write(folder)
        return course_in(folder, course)

    def put(self, shared: Path) -> Path:
        """Keep the bundle in a shared folder, below its digest, readable by its owner alone; the folder it is in."""
        place = _place(shared, self.digest)
        if place.is_dir():
            return place
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=_private(place.parent)))
        try:
            self._write(draft)
            os.rename(draft, place)
        except OSError:
            if not place.is_dir():  # else another run was faster; its folder holds the same
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return place

    def _write(self, folder: Path) -> None:
        for name, content in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    @classmethod
    def get(cls, shared: Path, digest: str) -> Self:
        """The bundle with this digest from a shared folder. Raises BundleError if it is not there, or was changed."""
        place = _place(shared, digest)
        if not place.is_dir():
            raise BundleError(
                f"{place} is no folder on this machine: is {shared} shared, and mounted at the same place?"
            )
        bundle = cls(_read(place, (path for path in place.rglob("*") if path.is_file())))
        if bundle.digest != digest:
            raise BundleError(
                f"The files in {place} are not those that were put there. Delete it and grade again."
            )
        return bundle


def portable(course: Course, assignment: str) -> Course:
    """The course without what grading on another machine does not need: database, roster, other assignments."""
    return course.model_copy(
        update={
            "gradebook": None,
            "roster": None,
            "exchange": None,
            "cluster": None,
            "assignments": {assignment: course.assignment(assignment)},
        }
    )


def course_in(folder: Path, course: Course) -> Course:
    """`course` with its files in `folder`, and its data folder only where this machine has it, too."""
    data = course.data
    if data.folder is not None and not data.folder.is_dir():
        data = DataFolder(folder=None, embedded=data.embedded)
    return course.model_copy(update={"root": folder, "data": data})


def _read(root: Path, paths: Iterable[Path]) -> tuple[tuple[str, bytes], ...]:
    return tuple(sorted((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths))


def _place(shared: Path, digest: str) -> Path:
    return shared / "autograder-bundles" / digest


def _private(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise BundleError(f"{folder} cannot be made in the shared folder ({error}).") from error
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise BundleError(f"Others can read the hidden tests in {folder}; run: chmod 700 {folder}")
    return folder
