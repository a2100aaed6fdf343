"""Questions to a student's functions that several tests ask in the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from autograder.remote import answers
from autograder.remote.client import Student
from autograder.remote.errors import BadAnswer, StudentRaised

Array = np.ndarray
Answer = TypeVar("Answer")


def either(student: Student, question: Callable[[], Answer]) -> Answer:
    """The answer to a question whose arrays arrive as NumPy arrays; if that raises, as tensors.

    The notebook calls the functions with NumPy arrays, yet code that works with tensors only is not wrong. If both
    raise, the first exception is the one that counts.
    """
    with student.arrays_as("numpy"):
        try:
            return question()
        except StudentRaised as first:
            with student.arrays_as("tensor"):
                try:
                    return question()
                except StudentRaised:
                    raise first from None


def stream(student: Student, make: Callable[[], object], limit: int) -> list[object]:
    """The elements of the dataset that `make` asks for, `limit` of them at most."""

    def question() -> list[object]:
        return list(student.iterate(make(), limit))

    return either(student, question)


def numbers(elements: list[object], what: str, most: int) -> list[list[int]]:
    """Batches of whole numbers as lists, `most` numbers in all; BadAnswer for anything else.

    As lists they take 40 times the memory: how many there are is judged before any is converted.
    """
    found = sum(element.size for element in elements if isinstance(element, np.ndarray))
    if found > most:
        raise BadAnswer(
            "The stream holds many times more elements than it should.",
            f"{found} elements",
        )
    return [answers.integers(element, (None,), what=what).tolist() for element in elements]
