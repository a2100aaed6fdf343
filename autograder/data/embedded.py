"""Small stand-ins for the data sets, for a machine without files and network. The same on every call.

`mnist` is real: the 1,797 handwritten digits of scikit-learn (8x8), enlarged to 20x20 in a frame of 28x28 as
MNIST's are. The others are generated here and only have the shapes, value ranges and learnability of what
they stand in for: `fashion_mnist` grey patterns, `cifar10` coloured ones; the texts come from small grammars
(`embedded_texts`). Thresholds for stand-ins are calibrated apart from those for the real data.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from autograder.data import embedded_texts
from autograder.data.dataset import Halves
from autograder.data.formats import KEYS
from autograder.data.npz import read_npz
from autograder.data.places import cache_root

VERSION = 1  # raise it when a stand-in changes: caches of handed-out data are keyed by it
CLASSES = 10


def make(name: str) -> Halves:
    """The stand-in for the data set `name`."""
    return _MAKERS[name]()


def _mnist() -> Halves:
    kept = cache_root() / "stand-ins" / f"mnist-{VERSION}.npz"
    if not kept.is_file():
        _keep(kept, _digits())
    x_train, y_train, x_test, y_test = read_npz(kept, KEYS).values()
    return Halves(x_train, y_train, x_test, y_test)


def _digits() -> dict[str, npt.NDArray[np.uint8]]:
    # scikit-learn takes two seconds to import: that is why the result is kept, and who has the real data
    # needs neither.
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    digits = load_digits()
    enlarged = zoom(digits.images.astype(np.float64), (1, 2.5, 2.5), order=1, grid_mode=True, mode="nearest")
    images = np.zeros((len(enlarged), 28, 28), np.uint8)
    images[:, 4:24, 4:24] = np.clip(np.rint(enlarged * (255 / 16)), 0, 255)
    labels = digits.target.astype(np.uint8)
    order = np.random.default_rng(1797).permutation(len(images))  # writers are sorted in the file
    images, labels = images[order], labels[order]
    return {
        "x_train": images[:1297],
        "y_train": labels[:1297],
        "x_test": images[1297:],
        "y_test": labels[1297:],
    }


def _keep(path: Path, arrays: dict[str, npt.NDArray[np.uint8]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        np.savez(draft, **arrays)  # type: ignore[arg-type]
    os.replace(draft.name, path)


def _fashion_mnist() -> Halves:
    rng = np.random.default_rng(28)
    y_train, y_test = _labels(rng, 2000), _labels(rng, 500)
    x_train, x_test = (_patterns(rng, y, 28) for y in (y_train, y_test))
    return Halves(x_train, y_train, x_test, y_test)


def _cifar10() -> Halves:
    rng = np.random.default_rng(32)
    y_train, y_test = _labels(rng, 2000), _labels(rng, 500)
    x_train, x_test = (_coloured(rng, _patterns(rng, y, 32)) for y in (y_train, y_test))
    return Halves(x_train, y_train[:, None], x_test, y_test[:, None])


def _labels(rng: np.random.Generator, n: int) -> npt.NDArray[np.uint8]:
    return rng.permutation(np.arange(n) % CLASSES).astype(np.uint8)


def _patterns(rng: np.random.Generator, labels: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """One grey image a label, (n, size, size): ten kinds of stripes, rings, discs and crosses, moved, scaled,
    noisy."""
    n = len(labels)
    axis = np.linspace(-1, 1, size)
    v = axis[None, :, None] - rng.uniform(-0.25, 0.25, (n, 1, 1))
    u = axis[None, None, :] - rng.uniform(-0.25, 0.25, (n, 1, 1))
    scale = rng.uniform(0.8, 1.25, (n, 1, 1))
    u, v = u * scale, v * scale
    radius = np.hypot(u, v)
    waves = 6.0
    kinds = (
        radius < 0.55,
        (radius > 0.35) & (radius < 0.65),
        np.maximum(abs(u), abs(v)) < 0.5,
        abs(u) + abs(v) < 0.7,
        np.minimum(abs(u), abs(v)) < 0.15,
        np.minimum(abs(u - v), abs(u + v)) < 0.2,
        np.broadcast_to(np.sin(waves * u) > 0, radius.shape),
        np.broadcast_to(np.sin(waves * v) > 0, radius.shape),
        np.sin(waves * (u + v) / 1.4) > 0,
        (abs(u) < 0.25) & (abs(v) < 0.8),
    )
    shape = np.stack(kinds)[labels, np.arange(n)]
    grey = shape * rng.uniform(120, 230, (n, 1, 1)) + rng.normal(20, 18, shape.shape)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def _coloured(rng: np.random.Generator, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Grey images (n, h, w) between two random colours an image: (n, h, w, 3)."""
    n = len(grey)
    dark, bright = rng.uniform(0, 110, (n, 1, 1, 3)), rng.uniform(130, 255, (n, 1, 1, 3))
    share = grey[..., None].astype(np.float64) / 255.0
    return np.rint(dark + share * (bright - dark)).astype(np.uint8)


def _imdb() -> Halves:
    x_train, y_train, x_test, y_test, words = embedded_texts.reviews()
    return Halves(x_train, y_train, x_test, y_test, words=words)


_MAKERS: dict[str, Callable[[], Halves]] = {
    "mnist": _mnist,
    "fashion_mnist": _fashion_mnist,
    "cifar10": _cifar10,
    "imdb": _imdb,
    "shakespeare": embedded_texts.play,
    "deu-eng": embedded_texts.sentence_pairs,
    "rt-polarity": embedded_texts.opinions,
}


def digest(name: str) -> str:
    """What identifies the stand-in `name` in a cache key."""
    return f"embedded {name} {VERSION}"
