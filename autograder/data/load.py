"""`load(name)`: a data set from the first source that has it, never a mixture, and saying which it was."""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from autograder.data import embedded, formats
from autograder.data.dataset import DataError, Dataset, Source
from autograder.data.download import fetch
from autograder.data.places import cache_root

if TYPE_CHECKING:
    from autograder.course import Course

NAMES = ("mnist", "fashion_mnist", "cifar10", "imdb", "shakespeare", "deu-eng", "rt-polarity")


@dataclass(frozen=True)
class Found:
    """Where a data set is: its files with their sizes and times, none for the embedded stand-in."""

    name: str
    source: Source
    paths: tuple[Path, ...]
    stamp: tuple[tuple[int, int], ...]


def load(name: str, course: Course | None = None) -> Dataset:
    """The data set `name` (one of NAMES), read-only arrays.

    Where the course says `data.embedded`, the embedded stand-in. Else looked for in this order: the folder
    AUTOGRADER_DATA, else `data.folder` of the course; Keras's own cache of downloads (KERAS_HOME, else
    ~/.keras); a download, where there is a network; the embedded stand-in.
    `.source` says which it was. A second call in one process returns the same object. Raises DataError if the
    name is unknown, the folder that AUTOGRADER_DATA or the course names does not exist, or a file that is
    there is broken: a broken file is never skipped, because grades would silently come from other data.
    """
    return _load(find(name, course))


def find(name: str, course: Course | None = None) -> Found:
    """Where `load` would take `name` from; fetches it if that is the place."""
    if name not in NAMES:
        raise DataError(
            f"There is no data set '{name}' (`data` of an assignment in course.yaml). Allowed: {', '.join(NAMES)}."
        )
    if course is not None and course.data.embedded:
        return _found(name, "embedded", ())
    folder = _local_folder(course)
    if folder is not None and (paths := formats.files_of(name, folder)):
        return _found(name, "local folder", paths)
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"
    if paths := formats.files_of(name, keras):
        return _found(name, "keras download", paths)
    downloads = cache_root() / "downloads"
    if formats.files_of(name, downloads) or fetch(name, downloads):
        return _found(name, "keras download", formats.files_of(name, downloads))
    return _found(name, "embedded", ())


def fingerprint(name: str, course: Course | None = None) -> str:
    """A digest of the content of the data set `name`: equal where `load` gives equal arrays."""
    return content_digest(find(name, course))


@functools.lru_cache(maxsize=32)
def content_digest(found: Found) -> str:
    """A digest of the files of a data set, or of the program that makes its stand-in. Files are read once a process."""
    if not found.paths:
        return embedded.digest(found.name)
    digest = hashlib.sha256()
    for path in found.paths:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _local_folder(course: Course | None) -> Path | None:
    if named := os.environ.get("AUTOGRADER_DATA"):
        folder, by = Path(named).expanduser(), "AUTOGRADER_DATA"
    elif course is not None and course.data.folder is not None:
        folder, by = Path(course.data.folder), "data.folder in course.yaml"
    else:
        return None
    if not folder.is_dir():
        raise DataError(f"{by} names {folder}, which is not a folder. Correct it, or leave it out.")
    return folder


def _found(name: str, source: Source, paths: tuple[Path, ...]) -> Found:
    stats = [path.stat() for path in paths]
    return Found(name, source, paths, tuple((stat.st_size, stat.st_mtime_ns) for stat in stats))


@functools.lru_cache(maxsize=8)
def _load(found: Found) -> Dataset:
    halves = formats.read(found.name, found.paths) if found.paths else embedded.make(found.name)
    train = _read_only(halves.x_train), _read_only(halves.y_train)
    test = _read_only(halves.x_test), _read_only(halves.y_test)
    return Dataset(found.name, *train, *test, source=found.source, words=halves.words)


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
