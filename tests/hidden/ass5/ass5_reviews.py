"""Made-up reviews: every word has a hidden score, and a review is positive if the scores of its words add up to more
than zero.

Reviews of 6 to 30 words, padded behind to 40 steps; the vocabulary counts 120 tokens, padding included. Reviews whose
sum is within MARGIN of zero are left out, so that a verdict never hangs on rounding. As every word counts, a network
has to carry what it has read through the whole sequence: the last words alone say little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
VOCAB, SHORTEST, LONGEST, STEPS = 120, 6, 30, 40
MARGIN = 1.0  # in standard deviations of one word's score
TRAIN, TEST = 4000, 4000
HIDDEN, EPOCHS = 32, 10


@dataclass(frozen=True)
class Reviews:
    """tokens int32 [n, STEPS], labels int32 [n]."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


def reviews(rng: np.random.Generator, n_train: int = TRAIN, n_test: int = TEST) -> Reviews:
    """Reviews with scores drawn from `rng`; about half of them are positive."""
    scores = rng.normal(size=VOCAB)
    scores[1:] -= scores[1:].mean()
    scores[1:] /= scores[1:].std()
    scores[0] = 0.0
    n = n_train + n_test
    tokens, sums = _draw(rng, 2 * n + 100, scores)
    clear = np.flatnonzero(np.abs(sums) >= MARGIN)[:n]
    tokens, labels = tokens[clear], (sums[clear] > 0).astype(np.int32)
    tokens[0, 0] = VOCAB - 1  # the vocabulary is what the training data show of it
    return Reviews(tokens[:n_train], labels[:n_train], tokens[n_train:], labels[n_train:])


def _draw(rng: np.random.Generator, n: int, scores: Array) -> tuple[Array, Array]:
    lengths = rng.integers(SHORTEST, LONGEST + 1, n)
    real = np.arange(STEPS)[None, :] < lengths[:, None]
    tokens = np.where(real, rng.integers(1, VOCAB, (n, STEPS)), 0).astype(np.int32)
    return tokens, scores[tokens].sum(axis=1)
