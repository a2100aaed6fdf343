"""Made-up colour pictures of ten textures: stripes in four directions, narrow and wide, a chequerboard and dots.

Where the pattern begins, its two colours and which of them is the brighter are drawn for each picture, so that every
pixel has the same distribution in each class: a linear classifier can do no better than guess, and so can one that
averages over all positions before anything that is not linear. What tells the classes apart is what stands beside what.

Pictures are float32 [n, SIZE, SIZE, 3] with mean about 0 and standard deviation about 1, labels int32 [n].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
SIZE, CLASSES = 12, 10
NOISE = 0.5
TRAIN, TEST = 3000, 2000


@dataclass(frozen=True)
class Pictures:
    """Training and test half."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


def pictures(rng: np.random.Generator, n_train: int = TRAIN, n_test: int = TEST) -> Pictures:
    """Fresh pictures, all classes equally often."""
    n = n_train + n_test
    labels = rng.permutation(np.arange(n) % CLASSES).astype(np.int32)
    signs = _patterns(rng, labels)[..., None]
    colours = rng.normal(size=(2, n, 1, 1, 3))
    apart = colours[0] - colours[1]
    middle = rng.normal(0, 0.5, (n, 1, 1, 3))
    x = middle + signs * apart / np.linalg.norm(apart, axis=-1, keepdims=True) * np.sqrt(3)
    x = (x + rng.normal(0, NOISE, x.shape)).astype(np.float32)
    return Pictures(x[:n_train], labels[:n_train], x[n_train:], labels[n_train:])


def _patterns(rng: np.random.Generator, labels: Array) -> Array:
    """Float [n, SIZE, SIZE] between -1 and 1, mean about 0."""
    n = len(labels)
    down, right = np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")
    begin = rng.uniform(0, 24, (2, n, 1, 1))
    u, v = right + begin[0], down + begin[1]
    stripes = [
        np.sin(2 * np.pi * along / period)
        for period in (3.0, 6.0)
        for along in (u, v, (u + v) / np.sqrt(2), (u - v) / np.sqrt(2))
    ]
    waves = np.sin(2 * np.pi * u / 5), np.sin(2 * np.pi * v / 5)
    kinds = np.stack([*stripes, waves[0] * waves[1] * 1.4, (np.maximum(waves[0], waves[1]) - 0.4) * 1.4])
    drawn: Array = kinds[labels, np.arange(n)]
    return drawn
