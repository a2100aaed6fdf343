"""The student's functions as the hidden tests question them: the form of every answer is judged before its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.errors import StudentRaised

Array = np.ndarray
Answer = TypeVar("Answer")
FLOATS = ("float32", "float64")  # float64 is more than was asked for, and no mistake in the values


class Block:
    """What the student's `dense_block` returned, with weights as soon as it has been called once."""

    def __init__(self, student: Student, c_in: int, layers: int, growth: int) -> None:
        self.c_in, self.layers, self.growth = c_in, layers, growth
        self.handle = student.dense_block.keep(c_in, layers, growth)
        self(np.zeros((1, 6, 6, c_in), np.float32))

    def __call__(self, x: Array) -> Array:
        """float [B, H, W, channels]"""
        return answers.array(self.handle(x), (None,) * 4, FLOATS, what="the output of dense_block")

    def in_training(self, x: Array) -> Array | None:
        """The same with training=True; None where the block does not know what that is."""
        try:
            found = self.handle(x, training=True)
        except StudentRaised:
            return None
        return answers.array(found, (None,) * 4, FLOATS, what="the output of dense_block in training mode")

    def weights(self) -> list[Array]:
        found = answers.listing(self.handle.method("get_weights"), what="get_weights() of dense_block")
        return [answers.array(w, what="a weight of dense_block") for w in found]

    def set_weights(self, weights: list[Array]) -> None:
        self.handle.function("set_weights").with_arrays("numpy")(weights)


class TrainStep:
    """What the student's `make_train_step` returned, with the functions that take it."""

    def __init__(self, student: Student, model: Handle, graph: bool, lr: float) -> None:
        self.handle = student.make_train_step.keep(model, graph, lr)
        self._student = student

    def run(self, x: Array, y: Array, k: int) -> Array:
        """k losses, float [k]"""
        found = either(self._student, lambda: self._student.run_steps(self.handle, x, y, k))
        return answers.array(found, (k,), FLOATS, what="the losses of run_steps")

    @property
    def seconds(self) -> float:
        """The computing time that the last call cost, by the grader's clock."""
        return self._student.last_call.cpu_s

    def traces(self) -> int:
        return answers.integer(self._student.traces(self.handle), 0, what="the number that traces gives")


def either(student: Student, question: Callable[[], Answer]) -> Answer:
    """The answer to a question whose arrays arrive as tensors; if that raises, as NumPy arrays.

    Code that handles its inputs as only NumPy can is not wrong. If both raise, the first exception counts.
    """
    try:
        return question()
    except StudentRaised as first:
        with student.arrays_as("numpy"):
            try:
                return question()
            except StudentRaised:
                raise first from None
