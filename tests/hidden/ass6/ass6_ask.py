"""A student's batches and networks as the hidden tests question them: the form of every answer is judged before its
values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from ass6_mixes import Mix

from autograder.checks import bucketing
from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.errors import BadAnswer, StudentError, StudentRaised

Array = np.ndarray
Answer = TypeVar("Answer")
FLOATS = ("float32", "float64")  # float64 is more than was asked for, and no mistake in the values
MOST_BATCHES = 100_000
# Padding included: ten times what the largest collection needs with one width for all.
MOST_TOKENS = 10_000_000
INSIDE = Path(__file__).with_name("ass6_inside.py").read_text(encoding="utf-8")


def checked_batches(
    student: Student,
    mix: Mix,
    batch_size: int,
    scheme: str,
    boundaries: Sequence[int] | None = None,
    again: bool = False,
) -> bucketing.BatchCheck:
    """What the student's `batches` makes of a collection, compared with the collection.

    `again`: what it makes of the same list and the same labels for the second time.
    """
    bounds = None if boundaries is None else list(boundaries)
    batches = student.batches
    if again:
        student.run(INSIDE)
        batches = student.function("_batches_again")

    def question() -> Any:
        seqs = [seq.copy() for seq in mix.seqs]
        return batches(seqs, mix.labels.copy(), batch_size, scheme=scheme, boundaries=bounds)

    with student.arrays_as("numpy"):
        try:
            found = question()
        except StudentRaised as first:
            try:  # code that asks tensors for their shape is not wrong
                with student.arrays_as("tensor"):
                    found = question()
            except StudentRaised:
                raise first from None
    if isinstance(found, Handle):
        found = list(student.iterate(found, limit=MOST_BATCHES))
    room = MOST_TOKENS  # they are compared as int64 and as tuples, which take far more memory than what came
    for number, pair in enumerate(answers.listing(found, what="what batches returns"), 1):
        tokens, labels = answers.listing(pair, 2, what=f"batch {number}")
        checked = answers.integers(
            tokens, (None, None), low=0, what=f"the tokens of batch {number}", most=room
        )
        answers.integers(labels, (None,), what=f"the labels of batch {number}", most=MOST_TOKENS)
        room -= checked.size
    return bucketing.check_batches(found, mix.seqs, mix.labels, batch_size)


@dataclass(frozen=True)
class Settings:
    """The arguments of `build_rnn` that say what kind of network it is."""

    cell: str = "gru"
    layers: int = 1
    bidirectional: bool = False
    mask: bool = True
    vocab: int = 14
    emb: int = 5
    units: int = 6

    def __str__(self) -> str:
        layers = "" if self.layers == 1 else f", {self.layers} layers"
        return f'cell="{self.cell}"{layers}{", bidirectional" if self.bidirectional else ""}'


class Network:
    """What the student's `build_rnn` returned, with `predict`."""

    def __init__(self, student: Student, handle: Handle, settings: Settings) -> None:
        self.handle, self.settings = handle, settings
        self._student = student

    def predict(self, tokens: Array) -> Array:
        """float [B]"""
        found = either(self._student, lambda: self._student.predict(self.handle, tokens))
        return answers.array(found, (len(tokens),), FLOATS, what="the logits of predict")

    def weights(self) -> Weights | None:
        """The weights behind the handle, or None where none are to be found: then `predict` alone has to tell."""
        self._student.run(INSIDE)
        tokens = np.array([[1, 2, 1], [2, 1, 1]], np.int32)
        find = self._student.function("_found_weights")
        try:
            weights = Weights(either(self._student, lambda: find.keep(self.handle, tokens)))
            return weights if weights.start else None
        except StudentError:
            return None


class Weights:
    """The float arrays that a network works with, wherever it keeps them; `start` is what they were at first."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        found = answers.listing(handle.function("values").value(), what="the weights")
        if not all(isinstance(w, np.ndarray) and w.dtype.kind == "f" and np.isfinite(w).all() for w in found):
            raise BadAnswer("The weights of your network should be finite numbers.")
        self.start: list[Array] = found

    def set(self, values: Sequence[Array]) -> None:
        self._handle.function("assign").with_arrays("numpy")([np.asarray(v, np.float32) for v in values])

    def scale(self, factor: float, biases: Sequence[Array]) -> None:
        """All weights `factor` times what they were at first, and `biases`, shaped like the weights, where those are
        zeros that training moves: in vectors, and in arrays of nothing but zeros."""
        moved = [w == 0 if w.ndim == 1 or not w.any() else np.zeros(w.shape, bool) for w in self.start]
        self.set([np.where(m, b, factor * w) for w, b, m in zip(self.start, biases, moved, strict=True)])


def network(student: Student, settings: Settings, seed: int) -> Network:
    """A fresh network of the student's."""
    s = settings
    handle = student.build_rnn.keep(
        s.vocab, s.emb, s.units, s.cell, s.bidirectional, s.layers, mask=s.mask, seed=seed
    )
    return Network(student, handle, settings)


def either(student: Student, question: Callable[[], Answer]) -> Answer:
    """The answer to a question whose arrays arrive as tensors; if that raises, as NumPy arrays.

    Code that indexes its inputs as only NumPy can is not wrong. If both raise, the first exception counts.
    """
    try:
        return question()
    except StudentRaised as first:
        with student.arrays_as("numpy"):
            try:
                return question()
            except StudentRaised:
                raise first from None


# Over 30 seeds each of networks of one layer, with weights up to five times as large as usual, it was 0.62 at most, and
# over 100 checksums 0.81 at least.
JUMBLED = 0.75


def jumbled(net: Network) -> float:
    """The share of what two words do to the logit that is not what each of them does, from 0 to 1.

    A network that has not been trained hears a word in much the same way whatever stands beside it. What is no network,
    such as a checksum of the words, does not.
    """
    tokens = np.arange(1, net.settings.vocab)
    pairs = np.stack(np.meshgrid(tokens, tokens, indexing="ij"), axis=-1).reshape(-1, 2).astype(np.int32)
    logits = net.predict(pairs).astype(np.float64).reshape(len(tokens), len(tokens))
    logits -= logits.mean()
    apart = logits - logits.mean(axis=0, keepdims=True) - logits.mean(axis=1, keepdims=True)
    whole = float((logits**2).sum())
    return float((apart**2).sum()) / whole if whole > 0 else 0.0


def words(rng: np.random.Generator, vocab: int, *shape: int) -> Array:
    """Tokens without padding, int32."""
    return rng.integers(1, vocab, shape).astype(np.int32)


def fresh_seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31 - 1))
