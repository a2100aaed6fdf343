"""Notebooks as data: read with bounds, grade cells, repair of what students changed, student code as text.

Nothing here runs a notebook or imports what is in it.
"""

from autograder.notebooks.cells import (
    EXPERIMENT,
    GradeCell,
    SolutionCell,
    grade_cells,
    grade_id,
    is_experiment,
    is_protected,
    solution_cells,
)
from autograder.notebooks.editing import replace_solutions
from autograder.notebooks.guide import marking_guide
from autograder.notebooks.python_text import python_text
from autograder.notebooks.reading import NotebookError, as_text, read
from autograder.notebooks.restoring import restore
from autograder.notebooks.student import StudentCell, student_code

__all__ = [
    "EXPERIMENT",
    "GradeCell",
    "NotebookError",
    "SolutionCell",
    "StudentCell",
    "as_text",
    "grade_cells",
    "grade_id",
    "is_experiment",
    "is_protected",
    "marking_guide",
    "python_text",
    "read",
    "replace_solutions",
    "restore",
    "solution_cells",
    "student_code",
]
