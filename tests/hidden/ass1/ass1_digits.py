"""The digits that judge: MNIST in a disguise that is drawn at grading time.

All images, to train and to judge, are turned or mirrored in one of the seven ways that change them, and the ten
class numbers are permuted; the judged images are moved by a fraction of a pixel and made a little brighter or
darker besides. A multilayer perceptron with random weights does not care: turning permutes pixels, renaming
permutes outputs. Labels remembered from the public test half, look-up tables and weights trained elsewhere are
worth nothing, for `predict` sees other pixels and must answer with other numbers.

Where only the 1,797 embedded digits are at hand, both halves are enlarged by random shifts, turns and scalings: to
6,000 images of the training digits, 4,000 of the test digits. What is right for one of these two is not right for
the other: each has a threshold of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.data import Dataset

Array = np.ndarray
SIDE = 28


@dataclass(frozen=True)
class DigitTask:
    """Images as uint8 [n, 784] (divide by 255) and labels as int32 [n], in disguise.

    `digits[label]` is the digit behind a disguised label, `upright(images)` shows images as people know them.
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    digits: Array
    way: int

    def upright(self, images: Array) -> Array:
        """Flat images [n, 784] as [n, 28, 28], turned back."""
        return _turn_back(images.reshape(-1, SIDE, SIDE), self.way)


def digit_task(data: Dataset, rng: np.random.Generator) -> DigitTask:
    """The task for one grading; `rng` decides the disguise."""
    x_train, y_train, x_test, y_test = data.x_train, data.y_train, data.x_test, data.y_test
    if data.embedded:
        x_train, y_train = _vary(rng, x_train, y_train, 6000)
        x_test, y_test = _vary(rng, x_test, y_test, 4000)
    way = int(rng.integers(1, 8))
    new_name = rng.permutation(10)
    return DigitTask(
        x_train=_flat(_turn(x_train, way)),
        y_train=new_name[y_train].astype(np.int32),
        x_test=_flat(_turn(_jitter(rng, x_test), way)),
        y_test=new_name[y_test].astype(np.int32),
        digits=np.argsort(new_name),
        way=way,
    )


def _turn(images: Array, way: int) -> Array:
    """One of the eight symmetries of the square: `way` % 4 quarter turns, then mirrored if `way` >= 4."""
    turned = np.rot90(images, way % 4, axes=(1, 2))
    return turned[:, :, ::-1] if way >= 4 else turned


def _turn_back(images: Array, way: int) -> Array:
    unmirrored = images[:, :, ::-1] if way >= 4 else images
    return np.rot90(unmirrored, -(way % 4), axes=(1, 2))


def _flat(images: Array) -> Array:
    return np.ascontiguousarray(images).reshape(len(images), SIDE * SIDE)


def _jitter(rng: np.random.Generator, images: Array) -> Array:
    """Each image moved by up to 0.3 pixels in both directions, its brightness changed by up to 8 %."""
    n = len(images)
    shift = rng.uniform(-0.3, 0.3, (n, 2))
    gain = rng.uniform(0.92, 1.08, n)
    return _resample(images, np.tile(np.eye(2), (n, 1, 1)), shift, gain)


def _vary(rng: np.random.Generator, images: Array, labels: Array, n: int) -> tuple[Array, Array]:
    """`n` variations of the images: turned by up to 12 degrees, scaled by 0.88 to 1.12, moved by up to 2 pixels."""
    chosen = rng.permutation(np.arange(n) % len(images))
    angle, scale = np.deg2rad(rng.uniform(-12, 12, n)), rng.uniform(0.88, 1.12, n)
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    matrices = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    shift = rng.uniform(-2, 2, (n, 2))
    return _resample(images[chosen], matrices, shift, np.ones(n)), labels[chosen]


def _resample(images: Array, matrices: Array, shift: Array, gain: Array) -> Array:
    """Bilinear: the pixel p of image i is taken from matrices[i] (p - centre) + centre + shift[i]; 0 outside."""
    out = np.empty((len(images), SIDE, SIDE), np.uint8)
    axis = np.arange(SIDE) - (SIDE - 1) / 2
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, -1)
    step = 50  # at a time, so that all of it stays in the processor's cache
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        place = (matrices[part] @ grid + shift[part, :, None]).astype(np.float32) + (SIDE - 1) / 2
        framed = np.pad(images[part], ((0, 0), (2, 2), (2, 2))).astype(np.float32)
        place = np.clip(place + 2, 0, SIDE + 2)
        low = place.astype(np.int32)
        down, right = (place - low).transpose(1, 0, 2)
        width = framed.shape[2]
        corner = (
            np.arange(len(framed), dtype=np.int32)[:, None] * framed.shape[1] + low[:, 0]
        ) * width + low[:, 1]
        pixels = framed.ravel()
        upper = pixels.take(corner) * (1 - right) + pixels.take(corner + 1) * right
        lower = pixels.take(corner + width) * (1 - right) + pixels.take(corner + width + 1) * right
        moved = (upper * (1 - down) + lower * down) * gain[part, None]
        out[part] = np.clip(np.rint(moved), 0, 255).reshape(-1, SIDE, SIDE)
    return out
