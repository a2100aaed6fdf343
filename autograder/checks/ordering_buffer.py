"""The shuffle buffer behind a stream, and how often chance alone makes epochs look clean.

A shuffle with a buffer of B holds the next B elements of its input and always yields a random one of them
(tf.data's documented behaviour). Hence
- the element at place p has an input position of at most p + B - 1, so max(position - place) + 1 is a lower
  bound of B that is reached soon;
- P(max(position - place) + 1 <= L | B) = product over places p < n - L of L / min(B, n - p): at each place
  the elements later than allowed are all still in the buffer, min(B, n - p) - L of them. This bounds B from
  above.
- A shuffle behind a repeat keeps an epoch border clean only if it draws the B - 1 old elements before any new
  one: probability (B-1)! / B^(B-1), for each border. If the buffer holds all r·m units, r clean epochs of m
  units have probability (r!)^m (m!)^r / (rm)!.
- A shuffle that is renewed repeats an order of m units with probability 1 / product over places of
  min(B, m - p).

The second, third and fourth formula are derived here and checked against simulation in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.checks.ordering_stream import Ints

DOUBT = 0.01  # buffers under which so small a displacement would be rarer than this are excluded
CHANCE = 5e-3  # an order is named if the others would look like it more rarely than this


@dataclass(frozen=True)
class Buffer:
    """The effective buffer is at least `low` and at most `high`; `high` None: it may as well hold everything.

    `unit` is "elements" or "batches", whatever the shuffle shuffles.
    """

    low: int
    high: int | None
    unit: str

    def holds(self, buffer: int, whole: int) -> bool:
        """True if a buffer of that size explains the stream; `whole` is the number of units in an epoch."""
        if self.high is None:
            return buffer >= self.low
        return self.low <= min(buffer, whole) <= self.high

    @property
    def words(self) -> str:
        if self.high is None:
            return f"at least {self.low} {self.unit}, perhaps all"
        if self.low == self.high:
            return f"{self.low} {self.unit}"
        return f"{self.low} to {self.high} {self.unit}"


def estimate_buffer(epochs: Sequence[Ints], whole: int, unit: str) -> Buffer:
    """From epochs that were shuffled one by one: each an array of input positions (of `whole`) in stream
    order."""
    low = max(int((epoch - np.arange(epoch.size)).max(initial=0)) for epoch in epochs) + 1
    places = np.arange(max(whole - low, 0))

    def surprise(buffer: int) -> float:
        waiting = np.minimum(buffer, whole - places)
        return float(len(epochs) * np.log(np.minimum(low / np.maximum(waiting, 1), 1.0)).sum())

    if surprise(whole) >= math.log(DOUBT):
        return Buffer(low, None, unit)
    inside, outside = low, whole
    while outside - inside > 1:
        middle = (inside + outside) // 2
        if surprise(middle) >= math.log(DOUBT):
            inside = middle
        else:
            outside = middle
    return Buffer(low, inside, unit)


def estimate_mixed_buffer(flat: Ints, occurrence: Ints, whole: int, unit: str) -> Buffer:
    """From a stream that was shuffled behind a repeat. The k-th copy of an element is taken for the one of
    epoch k.

    That assignment gives the smallest displacement, so `low` holds; above half an epoch copies cannot be told
    apart well enough for an upper bound.
    """
    copies = flat + whole * occurrence
    low = int((copies - np.arange(flat.size)).max(initial=0)) + 1
    if low > whole // 2:
        return Buffer(low, None, unit)
    bounded = estimate_buffer([copies], flat.size, unit)
    return Buffer(low, bounded.high if bounded.high is None else max(low, bounded.high), unit)


def source_is_known(epochs: Sequence[Ints]) -> bool:
    """False if two epochs resemble each other but not the source: then the source has another order than was
    thought.

    `epochs` as for `estimate_buffer`. Displacements from a wrong source order would say nothing about the
    buffer.
    """
    if len(epochs) < 2:
        return True
    both, first, second = np.intersect1d(epochs[0], epochs[1], return_indices=True)
    if both.size < 10:
        return True
    alike = float(np.corrcoef(first, second)[0, 1])
    source = float(np.corrcoef(first, both)[0, 1])
    return not (alike > 0.5 and source < alike - 0.25)


def clean_by_chance(buffer: Buffer, whole: int, epochs: int) -> float:
    """Probability that a shuffle behind a repeat, with a buffer like this one, yields nothing but clean
    epochs."""
    if epochs < 2:
        return 1.0
    low = min(buffer.low, whole)
    border = math.lgamma(low) - (low - 1) * math.log(low)
    chance = math.exp(border * (epochs - 1))
    if buffer.high is None:
        full = (
            whole * math.lgamma(epochs + 1)
            + epochs * math.lgamma(whole + 1)
            - math.lgamma(epochs * whole + 1)
        )
        chance = max(chance, math.exp(full))
    return chance


def equal_by_chance(buffer: Buffer, whole: int, epochs: int) -> float:
    """Probability that a shuffle that is renewed, with a buffer like this one, gives all epochs the same
    order."""
    waiting = np.minimum(buffer.low, whole - np.arange(whole))
    return float(np.exp(-(epochs - 1) * np.log(waiting).sum()))


def epochs_needed(buffer: Buffer, whole: int) -> int | None:
    """Epochs after which clean epochs would no longer be put down to chance; None if no number is enough."""
    if buffer.low < 2 or whole < 2:
        return None
    return next((r for r in range(2, 200) if clean_by_chance(buffer, whole, r) < CHANCE), None)
