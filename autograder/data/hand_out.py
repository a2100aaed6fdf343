"""The folder that a sandbox shows as `~/.keras/datasets`, so that `keras.datasets.mnist.load_data()` works
without a network, and without the test half: its images judge submissions.

The training half is handed out as it is. What stands in the place of the test half is drawn from the training
half, in the test half's size, so that notebooks that use it run; what they measure there is training
accuracy.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from autograder.data.dataset import DataError, Dataset
from autograder.data.formats import FASHION_FILES, as_file_has_reviews
from autograder.data.load import Found, content_digest, find, load
from autograder.data.places import cache_root

if TYPE_CHECKING:
    from autograder.course import Course

VERSION = 1  # raise it when the layout changes
HANDED_OUT = ("mnist", "fashion_mnist", "cifar10", "imdb")


def keras_cache(names: Iterable[str], course: Course | None = None) -> Path:
    """A folder laid out as `~/.keras/datasets` with the data sets `names`: any of HANDED_OUT.

    It holds `mnist.npz`, `fashion_mnist.npz` and `fashion-mnist/*.gz`, `cifar10.npz`, `imdb.npz` and
    `imdb_word_index.json`. It is made once for the same contents, appears only when it is complete, and must
    not be changed: gradings share it. Raises DataError for another name or a broken file.
    """
    wanted = tuple(sorted(set(names)))
    for name in wanted:
        if name not in HANDED_OUT:
            raise DataError(
                f"'{name}' cannot be handed out as a Keras data set; these can: {', '.join(HANDED_OUT)}."
            )
    found = [find(name, course) for name in wanted]
    folder = cache_root() / "handed-out" / _key(found)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        for name in wanted:
            _lay_out(load(name, course), draft)
        for path in draft.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o444)
        draft.chmod(0o755)
        _move(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _move(draft: Path, folder: Path) -> None:
    try:
        os.rename(draft, folder)
    except OSError:  # another process was faster; its folder holds the same
        if not folder.is_dir():
            raise


def _key(found: list[Found]) -> str:
    digest = hashlib.sha256(f"layout {VERSION}".encode())
    for item in found:
        digest.update(f"|{item.name}|".encode())
        digest.update(content_digest(item).encode())
    return digest.hexdigest()[:32]


def _lay_out(data: Dataset, folder: Path) -> None:
    x_test, y_test = _from_training_half(data)
    arrays = {"x_train": data.x_train, "y_train": data.y_train, "x_test": x_test, "y_test": y_test}
    if data.name == "imdb":
        arrays["x_train"], arrays["x_test"] = as_file_has_reviews(data.x_train), as_file_has_reviews(x_test)
        index = json.dumps(dict(data.words or {}), ensure_ascii=False)
        (folder / "imdb_word_index.json").write_text(index, encoding="utf-8")
    # Not compressed: the file is read in every session.
    np.savez(folder / f"{data.name}.npz", **arrays)  # type: ignore[arg-type]
    if data.name == "fashion_mnist":
        (folder / "fashion-mnist").mkdir()
        for file, key in zip(FASHION_FILES, ("x_train", "y_train", "x_test", "y_test"), strict=True):
            (folder / "fashion-mnist" / file).write_bytes(_idx_gz(arrays[key]))


def _from_training_half(data: Dataset) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    rng = np.random.default_rng(0)
    n, wanted = len(data.x_train), len(data.x_test)
    chosen = rng.permutation(n)[:wanted] if wanted <= n else rng.integers(n, size=wanted)
    return data.x_train[chosen], data.y_train[chosen]


def _idx_gz(array: npt.NDArray[np.uint8]) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), compresslevel=1, mtime=0)
