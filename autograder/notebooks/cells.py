"""What nbgrader's metadata says of a cell: protected, a solution, worth points.

Cells of a *course* notebook (source or release) can be asked these questions. A student can edit the metadata
of a hand-in, so ask them of a hand-in only after `restore`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from nbformat import NotebookNode

EXPERIMENT = "experiment"  # tag: this cell is not run when the notebook is graded

_HEADING = re.compile(r"#{1,6}[ \t]++(.*)")  # of one line; what ends it is taken off without a search
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class GradeCell:
    """A cell with points. `kind`: hidden tests decide, a person reads an answer, or judges a task."""

    index: int
    id: str
    points: float
    kind: Literal["autograded", "manual", "task"]
    title: str


@dataclass(frozen=True)
class SolutionCell:
    """A cell that the student fills in. `text` is what stands in it in this notebook."""

    index: int
    grade_id: str
    cell_type: str
    text: str


def grade_cells(notebook: NotebookNode) -> tuple[GradeCell, ...]:
    """The cells with points, in the notebook's order; the points are the assignment's only source of them."""
    return tuple(
        GradeCell(
            index, str(mark["grade_id"]), float(mark.get("points", 0)), _kind(mark), _title(notebook, index)
        )
        for index, cell in enumerate(notebook.cells)
        if (mark := marking(cell)) and (mark.get("grade") or mark.get("task"))
    )


def solution_cells(notebook: NotebookNode) -> tuple[SolutionCell, ...]:
    """The cells that students fill in: code, and Markdown answers."""
    return tuple(
        SolutionCell(index, str(mark["grade_id"]), cell.cell_type, cell.source)
        for index, cell in enumerate(notebook.cells)
        if (mark := marking(cell)) and mark.get("solution")
    )


def grade_id(cell: NotebookNode) -> str | None:
    """The cell's name in nbgrader's metadata, None for an ordinary cell."""
    mark = marking(cell)
    return str(mark["grade_id"]) if mark else None


def is_protected(cell: NotebookNode) -> bool:
    """Whether the text belongs to the course: read-only cells, tests, locked tasks; never a solution cell."""
    mark = marking(cell)
    return bool(mark and not mark.get("solution") and (mark.get("grade") or mark.get("locked")))


def is_experiment(cell: NotebookNode) -> bool:
    """Whether the cell is tagged as an experiment, which grading does not run."""
    return EXPERIMENT in cell.metadata.get("tags", [])


def marking(cell: NotebookNode) -> dict[str, Any]:
    """nbgrader's metadata of a cell that nbgrader knows; empty for an ordinary cell."""
    mark = cell.metadata.get("nbgrader")
    if not isinstance(mark, dict) or not isinstance(mark.get("grade_id"), str) or not mark["grade_id"]:
        return {}
    return mark if any(mark.get(role) is True for role in ("grade", "solution", "locked", "task")) else {}


def _kind(mark: dict[str, Any]) -> Literal["autograded", "manual", "task"]:
    if mark.get("task"):
        return "task"
    return "manual" if mark.get("solution") else "autograded"


def _title(notebook: NotebookNode, index: int) -> str:
    """The heading that the cell stands under; a task brings its own."""
    here = notebook.cells[index]
    own = _headings(here) if marking(here).get("task") else []
    if own:
        return own[0]
    for cell in reversed(notebook.cells[:index]):
        if cell.cell_type == "markdown" and (headings := _headings(cell)):
            return headings[-1]
    return ""


def _headings(cell: NotebookNode) -> list[str]:
    lines = _FENCE.sub("", cell.source).split("\n")
    texts = (match[1] for line in lines if (match := _HEADING.match(line)))
    return [title for text in texts if (title := text.strip().rstrip("#").rstrip())]
