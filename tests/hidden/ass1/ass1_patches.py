"""Images made of patches: tasks that no student has seen, with the brightness statistics of MNIST.

An image is 28x28. Of its sixteen 7x7 cells some carry a bright 5x5 patch; 8 % of all pixels are salt noise. About
83 % of the pixels are zero and the norm is about 8, as in MNIST, so that learning rates found there work here.

`patch_xor`: three pairs of cells; each pair gives a bit, the exclusive or of its two patches; the class (0..7) is
the number that the three bits spell. Nothing linear in the pixels says anything about the class.
`patch_codes`: each of ten classes has its own set of bright cells, seen through a little noise: linearly
separable, so that every network learns it whose weights move downhill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
SIDE, CELL, PATCH = 28, 7, 5
CELLS = (SIDE // CELL) ** 2
SALT = 0.08


@dataclass(frozen=True)
class Task:
    """Images as uint8 [n, 784] (divide by 255) and labels as int32 [n]."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    n_classes: int


def patch_xor(rng: np.random.Generator, n_train: int, n_test: int) -> Task:
    """The exclusive-or task, 8 classes, on six cells drawn from `rng`."""
    cells = rng.permutation(CELLS)[:6]
    n = n_train + n_test
    bright = np.zeros((n, CELLS), bool)
    bright[:, cells] = rng.random((n, 6)) < 0.5
    bits = bright[:, cells[:3]] ^ bright[:, cells[3:]]
    labels = bits @ np.array([1, 2, 4])
    return _task(rng, bright, labels, n_train, 8)


def patch_codes(rng: np.random.Generator, n_train: int, n_test: int = 0, flip: float = 0.04) -> Task:
    """The linear task, 10 classes: sets of three cells, any two of which differ in at least four cells."""
    codes = _codes(rng, 10)
    labels = rng.permutation(np.arange(n_train + n_test) % 10)
    bright = codes[labels] ^ (rng.random((len(labels), CELLS)) < flip)
    return _task(rng, bright, labels, n_train, 10)


def _codes(rng: np.random.Generator, n: int) -> Array:
    codes: list[Array] = []
    while len(codes) < n:
        code = np.zeros(CELLS, bool)
        code[rng.permutation(CELLS)[:3]] = True
        if all((code ^ other).sum() >= 4 for other in codes):
            codes.append(code)
    return np.stack(codes)


def _task(rng: np.random.Generator, bright: Array, labels: Array, n_train: int, n_classes: int) -> Task:
    images = _draw(rng, bright).reshape(len(bright), SIDE * SIDE)
    labels = labels.astype(np.int32)
    if len(np.unique(labels[:n_train])) != n_classes:
        raise ValueError(f"{n_train} examples do not show all {n_classes} classes; draw more")
    return Task(images[:n_train], labels[:n_train], images[n_train:], labels[n_train:], n_classes)


def _draw(rng: np.random.Generator, bright: Array) -> Array:
    """Bright cells [n, 16] to images [n, 28, 28] uint8."""
    n, margin = len(bright), (CELL - PATCH) // 2
    patch = np.zeros((CELL, CELL), bool)
    patch[margin:-margin, margin:-margin] = True
    lit = np.kron(bright.reshape(n, 4, 4), np.ones((1, CELL, CELL), bool)) & np.tile(patch, (4, 4))
    lit |= rng.random(lit.shape, dtype=np.float32) < SALT
    return lit * rng.integers(102, 256, lit.shape, dtype=np.uint8)
