"""Collections whose lengths are mixed as those of real texts are, for the checks of batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
BATCH = 64  # rows of a batch where buckets are judged
WORDS = 88_585  # as many as the reviews of IMDB have, and more than 16 bits can tell apart
SMALL_BATCH = 4  # in large batches of a mix with a long tail, nearly every batch has a long sequence


@dataclass(frozen=True)
class Mix:
    """Sequences of tokens from 1, int32, and their labels 0 or 1, int32 [n]."""

    seqs: list[Array]
    labels: Array

    @property
    def lengths(self) -> list[int]:
        return [len(seq) for seq in self.seqs]


def long_tail(rng: np.random.Generator, n: int, longest: int = 500) -> Mix:
    """Lengths like those of film reviews: log-normal, median 175, capped."""
    return _mix(rng, np.clip(rng.lognormal(np.log(175), 0.7, n), 5, longest).astype(int))


def uniform(rng: np.random.Generator, n: int, shortest: int = 5, longest: int = 60) -> Mix:
    """Lengths that are all equally frequent."""
    return _mix(rng, rng.integers(shortest, longest + 1, n))


def short(rng: np.random.Generator, n: int) -> Mix:
    """A small collection with many equal lengths, single words among them, and sequences that occur twice."""
    mix = _mix(rng, rng.integers(1, 12, n))
    return Mix([*mix.seqs[:-1], mix.seqs[0].copy()], mix.labels)


def _mix(rng: np.random.Generator, lengths: Array) -> Mix:
    seqs = [rng.integers(1, WORDS, length).astype(np.int32) for length in lengths]
    return Mix(seqs, rng.integers(0, 2, len(seqs)).astype(np.int32))
