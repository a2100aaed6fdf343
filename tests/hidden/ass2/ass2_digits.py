"""The digits that judge repairs: MNIST, turned or mirrored, and with other names for the classes.

A network of fully connected layers does not care, for turning permutes pixels and renaming permutes outputs. Weights
trained elsewhere, or labels remembered, are worth nothing. How the digits are turned and named is drawn at grading
time.

Where only the 1,797 embedded digits are at hand both halves are enlarged by shifts of up to two pixels, and the
networks train for more epochs on fewer images. What counts as good is then another number (`ass2_thresholds`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.data import Dataset

Array = np.ndarray
SIDE = 28


@dataclass(frozen=True)
class DigitTask:
    """Images uint8 [n, 784] and labels uint8 [n]; `epochs` of training that a repaired script gets."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    epochs: int

    @property
    def seen(self) -> int:
        """How many images training goes through in all."""
        return len(self.x_train) * self.epochs


def digit_task(data: Dataset, rng: np.random.Generator) -> DigitTask:
    """The task of one grading; `rng` decides how the digits are turned and named, and which are taken."""
    x_train, y_train, x_test, y_test = data.x_train, data.y_train, data.x_test, data.y_test
    epochs = 6
    if data.embedded:
        x_train, y_train = _shifted(rng, x_train, y_train, 6000)
        x_test, y_test = _shifted(rng, x_test, y_test, 4000)
        epochs = 20
    else:
        chosen = rng.permutation(len(x_train))[:20_000]
        x_train, y_train = x_train[chosen], y_train[chosen]
    way = int(rng.integers(1, 8))
    name = rng.permutation(10).astype(np.uint8)
    return DigitTask(
        x_train=_turned(x_train, way),
        y_train=name[y_train],
        x_test=_turned(x_test, way),
        y_test=name[y_test],
        epochs=epochs,
    )


def _turned(images: Array, way: int) -> Array:
    """One of the eight symmetries of the square: `way` % 4 quarter turns, then mirrored if `way` >= 4; flat."""
    turned = np.rot90(images, way % 4, axes=(1, 2))
    turned = turned[:, :, ::-1] if way >= 4 else turned
    return np.ascontiguousarray(turned).reshape(len(images), SIDE * SIDE)


def _shifted(rng: np.random.Generator, images: Array, labels: Array, n: int) -> tuple[Array, Array]:
    """`n` images in random order, each moved by up to two pixels in both directions."""
    chosen = rng.permutation(np.arange(n) % len(images))
    framed = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    down, right = rng.integers(0, 5, (2, n))
    rows = (down[:, None] + np.arange(SIDE))[:, :, None]
    columns = (right[:, None] + np.arange(SIDE))[:, None, :]
    return framed[chosen[:, None, None], rows, columns], labels[chosen]
