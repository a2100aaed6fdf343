"""The code that is the student's own work."""

from __future__ import annotations

from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.notebooks.cells import grade_id, is_experiment, is_protected


@dataclass(frozen=True)
class StudentCell:
    """A code cell that the student wrote. `index` counts all cells from 0; own cells have no `grade_id`."""

    index: int
    grade_id: str | None
    text: str


def student_code(notebook: NotebookNode, experiments: bool = False) -> list[StudentCell]:
    """Solution cells and the student's own cells, in order, of a notebook that `restore` has put right.

    Cells tagged `experiment` are not run, so they are left out unless `experiments` is set.
    """
    return [
        StudentCell(index, grade_id(cell), cell.source)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and not is_protected(cell) and (experiments or not is_experiment(cell))
    ]
