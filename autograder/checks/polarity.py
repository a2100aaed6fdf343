"""Made-up reviews: every word has a hidden score, and a review is positive if the scores of its words add up to more
than zero.

As every word counts, a network has to carry what it has read through the whole sequence and through the padding
behind it: the last words alone say little. Reviews whose sum is close to zero are left out, so that a verdict
never hangs on rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Kind:
    """`vocab` tokens, padding included; reviews of `shortest` to `longest` words, padded behind to `steps`; `margin`:
    how far from zero the sum of scores must be, in standard deviations of one word's score."""

    vocab: int
    shortest: int
    longest: int
    steps: int
    margin: float = 1.0


@dataclass(frozen=True)
class Reviews:
    """tokens int32 [n, steps], labels int32 [n], 0 or 1."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


def reviews(kind: Kind, rng: np.random.Generator, n_train: int, n_test: int) -> Reviews:
    """Reviews with scores drawn from `rng`; about half of them are positive. The largest token is in the training
    data, so that the vocabulary is what they show of it."""
    scores = rng.normal(size=kind.vocab)
    scores[1:] -= scores[1:].mean()
    scores[1:] /= scores[1:].std()
    scores[0] = 0.0
    n = n_train + n_test
    tokens, sums = _draw(kind, rng, 2 * n + 100, scores)
    clear = np.flatnonzero(np.abs(sums) >= kind.margin)[:n]
    tokens, labels = tokens[clear], (sums[clear] > 0).astype(np.int32)
    tokens[0, 0] = kind.vocab - 1
    return Reviews(tokens[:n_train], labels[:n_train], tokens[n_train:], labels[n_train:])


def _draw(kind: Kind, rng: np.random.Generator, n: int, scores: Array) -> tuple[Array, Array]:
    lengths = rng.integers(kind.shortest, kind.longest + 1, n)
    real = np.arange(kind.steps)[None, :] < lengths[:, None]
    tokens = np.where(real, rng.integers(1, kind.vocab, (n, kind.steps)), 0).astype(np.int32)
    return tokens, scores[tokens].sum(axis=1)
