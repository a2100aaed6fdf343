"""Reads `.npz` files and pickled batches without ever running what they contain.

Keras stores the IMDB reviews as object arrays and CIFAR-10 as dictionaries, and both can only be kept as a
pickle. A pickle may name any function to be called on loading, so only the few names that rebuild a NumPy
array are let through. The files are the instructor's own, yet they come from the network or a shared drive.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from autograder.data.dataset import DataError

_ALLOWED = frozenset(
    {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
    }
)
MAX_MEMBER = 2**31


def read_npz(path: Path, keys: tuple[str, ...], objects: tuple[str, ...] = ()) -> dict[str, npt.NDArray[Any]]:
    """The arrays `keys` of the archive `path`; those in `objects` may be pickled object arrays.

    Raises DataError if the file is no archive, lacks a key, or holds anything but arrays under it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {key: _member(archive, path, key, key in objects) for key in keys}
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise DataError(
            f"{path}: not a readable .npz file ({error}). Delete it or fetch it again."
        ) from error


def restricted_load(stream: IO[bytes], path: Path, encoding: str = "ASCII") -> Any:
    """The pickle in `stream`, which may hold plain data and NumPy arrays only. Raises DataError otherwise."""
    try:
        return _RestrictedUnpickler(stream, encoding=encoding).load()
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        ImportError,
        IndexError,
    ) as error:
        raise DataError(
            f"{path}: not a data file that can be read safely ({error}). Fetch it again."
        ) from error


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ALLOWED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no data set needs")


def _member(archive: zipfile.ZipFile, path: Path, key: str, may_be_pickled: bool) -> npt.NDArray[Any]:
    try:
        info = archive.getinfo(f"{key}.npy")
    except KeyError:
        have = ", ".join(sorted(name.removesuffix(".npy") for name in archive.namelist())) or "nothing"
        raise DataError(f"{path}: the array '{key}' is missing; the file holds {have}.") from None
    if info.file_size > MAX_MEMBER:
        raise DataError(
            f"{path}: the array '{key}' claims {info.file_size} bytes; at most {MAX_MEMBER} are read."
        )
    raw = io.BytesIO(archive.read(info))
    try:
        return np.lib.format.read_array(raw, allow_pickle=False)
    except ValueError as error:
        if not may_be_pickled:
            raise DataError(f"{path}: the array '{key}' cannot be read ({error}).") from error
    raw.seek(0)
    array = restricted_load(_after_header(raw, path), path)
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: '{key}' holds a {type(array).__name__}, not an array.")
    return array


def _after_header(raw: io.BytesIO, path: Path) -> io.BytesIO:
    major, _ = np.lib.format.read_magic(raw)
    if major == 1:
        np.lib.format.read_array_header_1_0(raw)
    elif major in (2, 3):  # format 3 differs from 2 in the encoding of the header only
        np.lib.format.read_array_header_2_0(raw)
    else:
        raise DataError(f"{path}: unknown version {major} of the .npy format.")
    return raw
