"""The reference: the instructor's solution, run without its public checks wherever it stands without them."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest

from autograder import notebooks
from autograder.course import Course
from autograder.grading import warmth
from autograder.grading.session import StudentSession
from autograder.sandbox import SandboxSpec


@pytest.fixture(autouse=True)
def another_reference() -> Iterator[None]:
    warmth.forget_reference()
    yield
    warmth.forget_reference()


def reference_of(course: Course, check: str, after: str) -> StudentSession:
    """The reference of the fixture's assignment, with a public check and a cell after it."""
    solution = notebooks.read(course.source("mini"))
    checks = [cell for cell in notebooks.grade_cells(solution) if cell.kind == "autograded"]
    solution.cells[checks[0].index].source = check
    solution.cells.insert(checks[0].index + 1, nbformat.v4.new_code_cell(after, id="after"))
    assignment = course.assignment("mini")
    spec = SandboxSpec(profile=assignment.profile, limits=assignment.limits)
    return warmth.reference_session(course, assignment, solution, spec)


def test_public_checks_are_not_run(mini_course: Course) -> None:
    session = reference_of(mini_course, "checked = True", "after = True")
    assert session.student.has("after")
    assert not session.student.has("checked")


def test_all_is_run_where_a_cell_needs_what_a_check_has_left(mini_course: Course) -> None:
    session = reference_of(mini_course, "checked = True", "after = checked")
    assert session.student.has("after")
    assert session.student.has("checked")
