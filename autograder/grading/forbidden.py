"""Whether a program uses a part of a library that its assignment forbids, seen while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from autograder.checks import stubs
from autograder.grading.verdicts import Failed
from autograder.remote.client import Student
from autograder.remote.errors import StudentError, StudentRaised

Use = Callable[[Student], ArrayLike | None]


def expect_unused(without: Student, student: Student, uses: Iterable[Use], reason: str) -> None:
    """Fail where one of `uses` runs into a stub, also if the program catches the exception and goes on otherwise.

    `without` is a sandbox that began with stubs: `fresh_student(prelude=stubs.prelude(parts))`; `student` is the one
    that began without. Each of `uses` asks one of them for something and returns numbers, or None where nothing is to
    be compared. A program that keeps to the rules does with stubs what it does without: one that stops with them, or
    answers otherwise, has noticed them. What fails in both, or differs from one time to the next, is left to other
    tests. Raises `Failed` with the part's name, where it is known, and `reason` as the hint.
    """
    for use in uses:
        name, stopped, answer = None, False, None
        try:
            answer = use(without)
        except StudentRaised as error:
            name, stopped = stubs.stubbed_name(error.message), True
        except StudentError:
            stopped = True
        name = name or _listed(without)
        if name is not None:
            raise Failed(f"Your code uses `{name}`.", reason)
        if stopped and _works(use, student):
            raise Failed(
                "Your code does not run where the parts that are not allowed here are missing.", reason
            )
        if answer is not None and _differs(answer, use, student):
            raise Failed(
                "Your code does something else where the parts that are not allowed here are missing.", reason
            )


def _listed(student: Student) -> str | None:
    try:
        used = student.get(stubs.USED)
    except StudentError:
        return None
    return str(used[0])[:100] if isinstance(used, list) and used else None


def _works(use: Use, student: Student) -> bool:
    try:
        use(student)
    except StudentError:
        return False
    return True


def _differs(answer: ArrayLike, use: Use, student: Student) -> bool:
    """Whether `student` answers otherwise, and always in the same way."""
    try:
        own, again = use(student), use(student)
    except StudentError:
        return False
    if own is None or again is None:
        return False
    return _alike(own, again) and not _alike(own, answer)


def _alike(one: ArrayLike, two: ArrayLike) -> bool:
    return np.shape(one) == np.shape(two) and np.allclose(one, two, rtol=1e-3, atol=1e-4)
