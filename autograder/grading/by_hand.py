"""`pytest tests/hidden/<a>` typed by an instructor: the context that the engine would otherwise provide."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from autograder import notebooks
from autograder.course import Course
from autograder.grading.context import GradingContext
from autograder.grading.opening import GradingSettings, open_context


@contextlib.contextmanager
def context_for(
    test: Path,
    submission: str | None,
    isolation: Literal["full", "weak"] | None,
    device: Literal["cpu", "gpu"] = "cpu",
) -> Iterator[GradingContext]:
    """The context of the assignment whose hidden tests `test` belongs to.

    Questions the instructor's solution, or the notebook `submission`. Raises `pytest.UsageError` if `test`
    does not stand in the folder of an assignment's hidden tests.
    """
    course = Course.find(test.parent)
    name = next((name for name in course.assignments if test.is_relative_to(course.hidden_tests(name))), None)
    if name is None:
        raise pytest.UsageError(
            f"{test} is not in tests/hidden/<assignment>/ of an assignment in {course.root}/course.yaml."
        )
    handed_in = notebooks.read(Path(submission) if submission else course.source(name))
    release = notebooks.read(course.release(name))
    restored, _ = notebooks.restore(handed_in, release)
    settings = GradingSettings(isolation=isolation or course.isolation, device=device)
    with open_context(course, course.assignments[name], handed_in, release, restored, settings) as context:
        yield context
