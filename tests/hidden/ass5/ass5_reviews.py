"""The made-up reviews of this assignment: 6 to 30 words, padded behind to 40 steps; 120 tokens, padding included."""

from __future__ import annotations

import numpy as np

from autograder.checks import polarity
from autograder.checks.polarity import Reviews

KIND = polarity.Kind(vocab=120, shortest=6, longest=30, steps=40)
TRAIN, TEST = 4000, 4000
HIDDEN, EPOCHS = 32, 10


def reviews(rng: np.random.Generator, n_train: int = TRAIN, n_test: int = TEST) -> Reviews:
    """Reviews with scores drawn from `rng`; about half of them are positive."""
    return polarity.reviews(KIND, rng, n_train, n_test)
