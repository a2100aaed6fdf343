"""What hidden tests see of the submitted text."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder import notebooks
from autograder.course import Course
from autograder.grading.context import Source

COURSE = Course.load(Path(__file__).parent / "course_fixture")
RELEASE = notebooks.read(COURSE.release("mini"))


def source_of(notebook: Any) -> Source:
    restored, _ = notebooks.restore(notebook, RELEASE)
    context = SimpleNamespace(handed_in=notebook, release=RELEASE, restored=restored)
    return Source(context)  # type: ignore[arg-type]


def test_a_release_that_comes_back_is_untouched() -> None:
    assert source_of(notebooks.read(COURSE.release("mini"))).untouched


def test_a_notebook_without_our_cells_is_untouched() -> None:
    assert source_of(
        notebooks.read('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    ).untouched


@pytest.mark.parametrize(
    "name", [cell.grade_id for cell in notebooks.solution_cells(RELEASE) if cell.cell_type == "code"]
)
def test_one_cell_of_work_is_work(name: str) -> None:
    assert not source_of(notebooks.replace_solutions(RELEASE, {name: "def f():\n    return 1"})).untouched
