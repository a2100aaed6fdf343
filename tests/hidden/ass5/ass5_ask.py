"""A student's network as the hidden tests question it: the form of every answer is judged before its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.errors import StudentRaised

Array = np.ndarray
Answer = TypeVar("Answer")
FLOATS = ("float32", "float64")  # float64 is more than was asked for, and no mistake in the values


class Network:
    """What the student's `init_rnn` returned, with the functions that take it."""

    def __init__(self, student: Student, handle: Handle, hidden: int, out: int) -> None:
        self.handle, self.hidden, self.out = handle, hidden, out
        self._student = student

    def step(self, x: Array, h: Array) -> Array:
        """float [B, hidden]; may hold infinite values, because x may be far larger than any word."""
        found = either(self._student, lambda: self._student.step(self.handle, x, h))
        return answers.array(
            found, (len(x), self.hidden), FLOATS, finite=False, what="the states that step gives"
        )

    def states(self, tokens: Array, h0: Array | None = None, masked: bool = True) -> Array:
        """float [B, T, hidden]"""
        start = {} if h0 is None else {"h0": h0}
        found = either(
            self._student, lambda: self._student.states(self.handle, tokens, masked=masked, **start)
        )
        return answers.array(found, (*tokens.shape, self.hidden), FLOATS, what="the states of sequences")

    def logits(self, tokens: Array, mode: str = "last", masked: bool = True) -> Array:
        """float [B, out]"""
        ask = self._student.logits
        found = either(self._student, lambda: ask(self.handle, tokens, mode=mode, masked=masked))
        return answers.array(found, (len(tokens), self.out), FLOATS, what=f'logits with mode "{mode}"')


def sizes() -> tuple[int, int]:
    """A vocabulary and a number of hidden units: close to those of the notebook's own checks, and others.

    They are the same in all tests: of functions that are asked with many sizes, TensorFlow traces one that is for none.
    """
    return 44, 17


def network(student: Student, vocab: int, hidden: int, out: int, seed: int) -> Network:
    """A fresh network of the student's."""
    return Network(student, student.init_rnn.keep(vocab, hidden, out, seed), hidden, out)


def trained(
    student: Student, tokens: Array, y: Array, hidden: int, epochs: int, seed: int, mode: str = "last"
) -> Network:
    """What the student's `train_rnn` returns, trained with masks."""

    def question() -> Handle:
        # New copies for each training: nothing says that `train_rnn` may not shuffle in place.
        return student.train_rnn.keep(
            student.put(tokens), student.put(y), hidden, mode=mode, masked=True, epochs=epochs, seed=seed
        )

    return Network(student, either(student, question), hidden, 1)


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


def one_hot(tokens: Array, vocab: int) -> Array:
    """float32 [..., vocab]"""
    hot: Array = np.eye(vocab, dtype=np.float32)[tokens]
    return hot


def words(rng: np.random.Generator, vocab: int, *shape: int) -> Array:
    """Tokens without padding, int32."""
    return rng.integers(1, vocab, shape).astype(np.int32)


def fresh_seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31 - 1))


def wide(values: Any) -> Array:
    return np.asarray(values, dtype=np.float64)
