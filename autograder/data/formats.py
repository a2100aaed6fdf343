"""Reads a folder that holds data sets in the formats in which Keras and the course keep them.

`files_of` says whether the folder holds a data set; a reader raises DataError where it holds a broken one.
"""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from autograder.data.dataset import DataError, Halves, object_array
from autograder.data.npz import read_npz, restricted_load

KEYS = ("x_train", "y_train", "x_test", "y_test")
FASHION_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
CIFAR_ARCHIVES = ("cifar-10-batches-py-target_archive", "cifar-10-python.tar.gz")


def files_of(name: str, folder: Path) -> tuple[Path, ...]:
    """The files of the data set `name` that `folder` holds completely; empty where it does not hold it."""
    for form in _FORMS[name]:
        paths = tuple(folder / file for file in form)
        if all(path.is_file() for path in paths):
            return paths
    return ()


def read(name: str, paths: tuple[Path, ...]) -> Halves:
    """The data set `name` out of the files that `files_of` found. Raises DataError if they do not hold it."""
    return _READERS[name](paths)


def _mnist(paths: tuple[Path, ...]) -> Halves:
    return _checked_images(paths[0], read_npz(paths[0], KEYS), (28, 28), column=False)


def _fashion_mnist(paths: tuple[Path, ...]) -> Halves:
    if len(paths) == 1:
        return _mnist(paths)
    x_train, y_train, x_test, y_test = (_idx(path) for path in paths)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return _checked_images(paths[0].parent, arrays, (28, 28), column=False)


def _cifar10(paths: tuple[Path, ...]) -> Halves:
    path = paths[0]
    arrays = read_npz(path, KEYS) if path.suffix == ".npz" else _cifar_archive(path)
    return _checked_images(path, arrays, (32, 32, 3), column=True)


def _imdb(paths: tuple[Path, ...]) -> Halves:
    path, index_path = paths
    arrays = read_npz(path, KEYS, objects=("x_train", "x_test"))
    for half in ("train", "test"):
        x, y = arrays[f"x_{half}"], arrays[f"y_{half}"]
        if x.ndim != 1 or y.shape != x.shape or len(x) == 0 or not np.issubdtype(y.dtype, np.integer):
            raise DataError(
                f"{path}: x_{half} {x.shape} and y_{half} {y.shape} {y.dtype} are not reviews and labels."
            )
        if not all(isinstance(review, list) and all(type(word) is int for word in review) for review in x):
            raise DataError(f"{path}: x_{half} holds something else than lists of integers.")
        if not set(np.unique(y)) <= {0, 1}:
            raise DataError(f"{path}: the labels y_{half} are not all 0 or 1.")
    return Halves(
        as_keras_gives_reviews(arrays["x_train"]),
        arrays["y_train"].astype(np.int64),
        as_keras_gives_reviews(arrays["x_test"]),
        arrays["y_test"].astype(np.int64),
        words=_word_index(index_path),
    )


def as_keras_gives_reviews(ranks: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Plain word ranks, as the file has them, to what `keras.datasets.imdb.load_data()` makes of them by
    default."""
    return object_array([[1] + [word + 3 for word in review] for review in ranks])


def as_file_has_reviews(reviews: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The inverse of `as_keras_gives_reviews`."""
    return object_array([[word - 3 for word in review[1:]] for review in reviews])


def _word_index(path: Path) -> dict[str, int]:
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: not a readable word index ({error}). Fetch it again.") from error
    if not isinstance(index, dict) or not all(type(rank) is int for rank in index.values()):
        raise DataError(f"{path}: a word index is a JSON object from words to ranks; this is something else.")
    return index


def _shakespeare(paths: tuple[Path, ...]) -> Halves:
    return lines_as_halves(_text(paths[0]))


def lines_as_halves(text: str) -> Halves:
    """A running text: nine tenths of its lines to train, the last tenth to test."""
    lines = np.array(text.split("\n"))
    cut = len(lines) * 9 // 10
    train, test = lines[:cut], lines[cut:]
    return Halves(train[:-1], train[1:], test[:-1], test[1:])


def _deu_eng(paths: tuple[Path, ...]) -> Halves:
    (x_train, y_train), (x_test, y_test) = (_pairs(path) for path in paths)
    return Halves(x_train, y_train, x_test, y_test)


def _pairs(path: Path) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    pairs = [line.split("\t") for line in _text(path).splitlines()]
    for number, pair in enumerate(pairs, start=1):
        if len(pair) != 2:
            raise DataError(
                f"{path}, line {number}: an English and a German sentence with one tab between are needed."
            )
    return np.array([english for english, _ in pairs]), np.array([german for _, german in pairs])


def _rt_polarity(paths: tuple[Path, ...]) -> Halves:
    positive, negative = (_text(path).splitlines() for path in paths)
    return sentences_as_halves(positive, negative)


def sentences_as_halves(positive: list[str], negative: list[str]) -> Halves:
    """Labelled sentences in a fixed random order: nine tenths to train, one tenth to test."""
    x = np.array(positive + negative)
    y = np.array([1] * len(positive) + [0] * len(negative), dtype=np.int64)
    order = np.random.default_rng(20240917).permutation(len(x))
    x, y = x[order], y[order]
    cut = len(x) * 9 // 10
    return Halves(x[:cut], y[:cut], x[cut:], y[cut:])


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a readable text in UTF-8 ({error}).") from error
    if not text.strip():
        raise DataError(f"{path}: the file is empty. Fetch it again.")
    return text


def _idx(path: Path) -> npt.NDArray[Any]:
    """An array in the IDX format: two zero bytes, 8 for uint8, the number of dimensions, big-endian sizes,
    the data."""
    try:
        with gzip.open(path) as stream:
            raw = stream.read(MAX_IDX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a readable gzip file ({error}). Fetch it again.") from error
    if len(raw) < 8 or raw[:3] != b"\0\0\x08" or len(raw) > MAX_IDX:
        raise DataError(f"{path}: not an IDX file of bytes. Fetch it again.")
    dimensions = raw[3]
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", dimensions, offset=4))
    data = np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions)
    if data.size != int(np.prod(shape)):
        raise DataError(f"{path}: the header says {shape}, but {data.size} bytes follow. Fetch it again.")
    return data.reshape(shape)


MAX_IDX = 2**28


def _cifar_archive(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Reads the batches out of the archive without unpacking it."""
    try:
        with tarfile.open(path) as archive:
            train = [_cifar_batch(archive, f"data_batch_{i}", path) for i in range(1, 6)]
            x_test, y_test = _cifar_batch(archive, "test_batch", path)
    except (OSError, EOFError, tarfile.TarError, KeyError, zlib.error) as error:
        raise DataError(f"{path}: not the CIFAR-10 archive ({error}). Fetch it again.") from error
    return {
        "x_train": np.concatenate([x for x, _ in train]),
        "y_train": np.concatenate([y for _, y in train]),
        "x_test": x_test,
        "y_test": y_test,
    }


def _cifar_batch(
    archive: tarfile.TarFile, name: str, path: Path
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    stream = archive.extractfile(f"cifar-10-batches-py/{name}")
    if stream is None:
        raise KeyError(name)
    batch = restricted_load(stream, path, encoding="bytes")
    if (
        not isinstance(batch, dict)
        or not isinstance(batch.get(b"data"), np.ndarray)
        or b"labels" not in batch
    ):
        raise DataError(f"{path}: {name} is not a batch of CIFAR-10. Fetch it again.")
    images = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return images, np.array(batch[b"labels"], dtype=np.uint8).reshape(-1, 1)


def _checked_images(
    path: Path, arrays: dict[str, npt.NDArray[Any]], image: tuple[int, ...], column: bool
) -> Halves:
    for half in ("train", "test"):
        x, y = arrays[f"x_{half}"], arrays[f"y_{half}"]
        labels = (len(x), 1) if column else (len(x),)
        if x.dtype != np.uint8 or x.shape[1:] != image or len(x) == 0:
            wanted = ("n", *image)
            raise DataError(
                f"{path}: x_{half} must be uint8 of shape {wanted} with n > 0; "
                f"it is {x.dtype} of shape {x.shape}."
            )
        if y.shape != labels or not np.issubdtype(y.dtype, np.integer):
            raise DataError(
                f"{path}: y_{half} must be integers of shape {labels}; it is {y.dtype} of shape {y.shape}."
            )
        if y.min() < 0 or y.max() > 9:
            raise DataError(
                f"{path}: the labels y_{half} must lie in 0..9; they reach from {y.min()} to {y.max()}."
            )
    as_bytes = {key: np.ascontiguousarray(array, dtype=np.uint8) for key, array in arrays.items()}
    return Halves(as_bytes["x_train"], as_bytes["y_train"], as_bytes["x_test"], as_bytes["y_test"])


_FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "mnist": (("mnist.npz",),),
    "fashion_mnist": (("fashion_mnist.npz",), tuple(f"fashion-mnist/{file}" for file in FASHION_FILES)),
    "cifar10": (("cifar10.npz",), *((archive,) for archive in CIFAR_ARCHIVES)),
    "imdb": (("imdb.npz", "imdb_word_index.json"),),
    "shakespeare": (("shakespeare.txt",),),
    "deu-eng": (("deu-eng.tsv", "deu-eng-val.tsv"),),
    "rt-polarity": (("rt-polarity.pos", "rt-polarity.neg"),),
}
_READERS: dict[str, Callable[[tuple[Path, ...]], Halves]] = {
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "cifar10": _cifar10,
    "imdb": _imdb,
    "shakespeare": _shakespeare,
    "deu-eng": _deu_eng,
    "rt-polarity": _rt_polarity,
}
