"""Whether a program uses a part of a library that its assignment forbids, seen while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from autograder.checks import stubs
from autograder.grading.verdicts import Failed
from autograder.remote.client import Student
from autograder.remote.errors import StudentError, StudentRaised


def expect_unused(student: Student, uses: Iterable[Callable[[], object]], reason: str) -> None:
    """Fail where one of `uses` runs into a stub, also if the program catches the exception and goes on otherwise.

    `student` is a sandbox that began with stubs: `fresh_student(prelude=stubs.prelude(parts))`. Each of `uses` asks it
    for something; what fails for another reason is left to other tests. Raises `Failed` with the part's name and
    `reason` as the hint.
    """
    for use in uses:
        name = None
        try:
            use()
        except StudentRaised as error:
            name = stubs.stubbed_name(error.message)
        except StudentError:
            pass
        name = name or _listed(student)
        if name is not None:
            raise Failed(f"Your code uses `{name}`.", reason)


def _listed(student: Student) -> str | None:
    try:
        used = student.get(stubs.USED)
    except StudentError:
        return None
    return str(used[0])[:100] if isinstance(used, list) and used else None
