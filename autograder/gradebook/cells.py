"""The cells of an assignment that nbgrader's database knows, as the instructor's notebook has them."""

from __future__ import annotations

import copy
import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.course import Course
from autograder.gradebook.database import GradebookError
from autograder.notebooks import NotebookError, grade_id, marking_guide, read


@dataclass(frozen=True)
class CourseCell:
    """One cell with an nbgrader id. `points` is None for a cell that gives none."""

    name: str
    cell_type: str  # "code" or "markdown"
    grade: bool
    solution: bool
    task: bool
    locked: bool
    points: float | None
    source: str
    checksum: str  # of the cell as students get it

    @property
    def graded(self) -> bool:
        return self.grade or self.task

    @property
    def manual(self) -> bool:
        """Whether a person gives its points: an answer cell with points, a task, points on text."""
        return self.graded and (self.solution or self.task or self.cell_type == "markdown")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types of rows that nbgrader keeps for it."""
        named = (("GradeCell", self.grade), ("SolutionCell", self.solution), ("TaskCell", self.task))
        return tuple(name for name, holds in named if holds)


@dataclass(frozen=True)
class CourseNotebook:
    """An assignment as the instructor wrote it and as students got it."""

    cells: tuple[CourseCell, ...]  # those with an nbgrader id, in the notebook's order
    kernelspec: dict[str, str]
    guides: dict[str, str]  # what graders should know, by cell
    texts: frozenset[str]  # of the Markdown cells that students were given


def course_notebook(course: Course, assignment: str) -> CourseNotebook:
    """The assignment's cells as `nbgrader generate_assignment` would record them.

    Raises GradebookError where the instructor's notebook cannot be read.
    """
    source, release = course.source(assignment), course.release(assignment)
    return _parsed(str(source), _text(source), _text(release) if release.is_file() else None)


def checksum(cell: NotebookNode) -> str:
    """nbgrader's checksum of a cell: its text, type, roles, id and points."""
    role = cell.metadata.get("nbgrader", {})
    grade, solution = bool(role.get("grade", False)), bool(role.get("solution", False))
    locked = not solution and (grade or bool(role.get("locked", False)))
    parts = [cell.source, cell.cell_type, str(grade), str(solution), str(locked), role["grade_id"]]
    if grade:
        parts.append(str(float(role["points"])))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GradebookError(f"The instructor's notebook {path} cannot be read: {error}.") from error


@functools.lru_cache(maxsize=32)
def _parsed(path: str, source: str, release: str | None) -> CourseNotebook:
    try:
        notebook = read(source)
        released = _without_solutions(notebook) if release is None else read(release)
    except NotebookError as error:
        raise GradebookError(f"{path}, or its release, cannot be read: {error}") from error
    written = {grade_id(cell): cell for cell in notebook.cells}
    cells = []
    for cell in released.cells:
        role = cell.metadata.get("nbgrader", {})
        grade, solution, task = (bool(role.get(key, False)) for key in ("grade", "solution", "task"))
        locked = not solution and (grade or bool(role.get("locked", False)))
        if not (grade or solution or task or locked):
            continue
        # nbgrader records protected cells before it cuts marking schemes out of them.
        recorded = cell if solution else written.get(role["grade_id"], cell)
        cells.append(
            CourseCell(
                name=role["grade_id"],
                cell_type=cell.cell_type,
                grade=grade,
                solution=solution,
                task=task,
                locked=locked,
                points=float(role["points"]) if grade or task else None,
                source=recorded.source,
                checksum=checksum(recorded),
            )
        )
    return CourseNotebook(
        cells=tuple(cells),
        kernelspec=dict(notebook.metadata.get("kernelspec", {})),
        guides=marking_guide(notebook),
        texts=frozenset(cell.source for cell in released.cells if cell.cell_type == "markdown"),
    )


def _without_solutions(notebook: NotebookNode) -> NotebookNode:
    """What nbgrader makes of an instructor's notebook that has no release yet."""
    from nbgrader.preprocessors import ClearSolutions

    cleared: NotebookNode
    cleared, _ = ClearSolutions().preprocess(copy.deepcopy(notebook), {})
    return cleared
