"""The mini course with a program of TensorFlow or PyTorch in its solution, for the tests that need a framework."""

from __future__ import annotations

from typing import Literal

import nbformat

from autograder import notebooks
from autograder.course import Course

Framework = Literal["tensorflow", "torch"]


def course_with(framework: Framework, course: Course, program: str, test: str) -> Course:
    """`course` with its profile, with `program` behind a function of its solution, and with one more hidden test."""
    settings = course.root / "course.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("defaults:\n", f"defaults:\n  profile: {framework}\n"), encoding="utf-8")
    solution = with_more(notebooks.read(course.source("mini")), program)
    nbformat.write(solution, course.source("mini"))
    with (course.hidden_tests("mini") / "test_mini.py").open("a", encoding="utf-8") as tests:
        tests.write(test)
    return Course.load(course.root)


def with_more(notebook: nbformat.NotebookNode, code: str) -> nbformat.NotebookNode:
    """The notebook with `code` behind what stands in the solution cell `moving_average`."""
    [cell] = [cell for cell in notebooks.solution_cells(notebook) if cell.grade_id == "moving_average"]
    return notebooks.replace_solutions(notebook, {"moving_average": f"{cell.text}\n{code}"})
