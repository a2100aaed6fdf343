"""What the student's network is trained on, and with which sizes: the same in hidden tests and in the calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ass1_digits import DigitTask, digit_task
from ass1_patches import Task, patch_codes, patch_xor

from autograder.data import Dataset


@dataclass(frozen=True)
class Training:
    """The arguments of `train` beside data and seed."""

    n_hidden: int
    epochs: int
    batch_size: int


CODES = Training(n_hidden=64, epochs=20, batch_size=32)
XOR = Training(n_hidden=128, epochs=40, batch_size=64)
DIGITS = Training(n_hidden=128, epochs=5, batch_size=64)
DIGITS_EMBEDDED = Training(
    n_hidden=128, epochs=25, batch_size=64
)  # a tenth of the images, half as many updates


def codes(rng: np.random.Generator) -> Task:
    """2,000 images of a linear task: what any training that works learns."""
    return patch_codes(rng, 2000)


def xor(rng: np.random.Generator) -> Task:
    """6,000 images to train and 4,000 to judge a task that needs a hidden layer that learns."""
    return patch_xor(rng, 6000, 4000)


def digits(data: Dataset, rng: np.random.Generator) -> tuple[DigitTask, Training]:
    """Disguised digits, and how to train on them."""
    return digit_task(data, rng), DIGITS_EMBEDDED if data.embedded else DIGITS
