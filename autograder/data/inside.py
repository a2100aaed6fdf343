"""Makes the Keras of a sandbox accept the handed-out data sets. Runs in the student's kernel, before the
notebook.

Keras compares a cached file with the hash of the original and fetches it again where they differ. The
handed-out files do differ (no test half), and there is no network. Two of its functions are therefore
replaced:

- the hash comparison holds for every file in the read-only folder, and is Keras's own for all others;
- `cifar10.load_data` reads `cifar10.npz`: Keras's own insists on unpacking an archive of exactly 60,000
images.

Everything else is Keras's own code. Nothing here protects a secret: a student who undoes it only loses the
data.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

CIFAR_MODULES = (
    "keras.src.datasets.cifar10",
    "keras.datasets.cifar10",
    "keras._tf_keras.keras.datasets.cifar10",
)


def trust(folder: str) -> None:
    """Lets Keras in this process use the data sets in `folder`, which is what `~/.keras/datasets` shows.

    `~/.keras` itself must be writable, or Keras looks in `/tmp/.keras` instead.
    """
    from keras.src.utils import file_utils

    file_utils.validate_file = _trusting(file_utils.validate_file, os.path.realpath(folder))
    archive = os.path.join(folder, "cifar10.npz")
    if os.path.exists(archive):
        load_data = _cifar10_loader(archive)
        for name in CIFAR_MODULES:
            setattr(importlib.import_module(name), "load_data", load_data)  # noqa: B010 (a module, for mypy)


def _trusting(original: Callable[..., bool], folder: str) -> Callable[..., bool]:
    def validate_file(fpath: Any, file_hash: str, algorithm: str = "auto", chunk_size: int = 65535) -> bool:
        """Validates a file against a sha256 or md5 hash."""
        if os.path.realpath(fpath).startswith(folder + os.sep):
            return True
        return original(fpath, file_hash, algorithm=algorithm, chunk_size=chunk_size)

    return validate_file


def _cifar10_loader(archive: str) -> Callable[[], Any]:
    def load_data() -> Any:
        """Loads the CIFAR10 dataset: `(x_train, y_train), (x_test, y_test)`."""
        import numpy as np

        with np.load(archive, allow_pickle=False) as f:
            return (f["x_train"], f["y_train"]), (f["x_test"], f["y_test"])

    return load_data
