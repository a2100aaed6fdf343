"""Brings an assignment's rows in nbgrader's database in step with course.yaml and the instructor's notebook.

Unlike nbgrader's own generate_assignment this also works when hand-ins are already recorded, and never drops
what a person has entered.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from autograder.course import Course
from autograder.gradebook import tables as t
from autograder.gradebook.cells import CourseCell, CourseNotebook, course_notebook
from autograder.gradebook.database import new_id

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordedAssignment:
    """An assignment's rows: its own id, its notebook's, and its cells' ids by name."""

    id: str
    notebook_id: str
    due: datetime | None  # in the course's time zone
    notebook: CourseNotebook
    graded: dict[str, str]  # cells with points
    commented: dict[str, str]  # answer cells and tasks: where nbgrader keeps comments


def sync_assignment(connection: Connection, course: Course, assignment: str) -> RecordedAssignment:
    """Record the assignment as it is now; returns its rows' ids.

    A cell that is gone from the notebook goes, unless a person has scored or commented on it: then it stays,
    with a warning. Raises GradebookError for an unreadable instructor's notebook.
    """
    source = course_notebook(course, assignment)
    cells = source.cells
    assignment_id, due = _sync_assignment_row(connection, course, assignment)
    notebook_id = _sync_notebook_row(connection, source, assignment, assignment_id)
    rows = _cell_rows(connection, notebook_id)
    if _differ(cells, rows):
        _sync_cells(connection, assignment, notebook_id, cells, rows)
        rows = _cell_rows(connection, notebook_id)
    _sync_sources(connection, notebook_id, cells)
    ids = {(row.name, row.type): row.id for row in rows}
    return RecordedAssignment(
        id=assignment_id,
        notebook_id=notebook_id,
        due=due,
        notebook=source,
        graded={
            cell.name: ids[cell.name, "TaskCell" if cell.task else "GradeCell"]
            for cell in cells
            if cell.graded
        },
        commented={
            cell.name: ids[cell.name, "TaskCell" if cell.task else "SolutionCell"]
            for cell in cells
            if cell.solution or cell.task
        },
    )


def _sync_assignment_row(connection: Connection, course: Course, name: str) -> tuple[str, datetime | None]:
    due = course.assignment(name).due
    duedate = due.astimezone(UTC).replace(tzinfo=None) if due else None
    row = connection.execute(
        select(t.assignment.c.id, t.assignment.c.duedate).where(t.assignment.c.name == name)
    ).one_or_none()
    if row is None:
        identifier = new_id()
        connection.execute(
            t.assignment.insert().values(id=identifier, name=name, duedate=duedate, course_id=course.id)
        )
        return identifier, due
    if duedate is not None and row.duedate != duedate:
        connection.execute(update(t.assignment).where(t.assignment.c.id == row.id).values(duedate=duedate))
    elif duedate is None and row.duedate is not None:
        # course.yaml names none, so one set in the formgrader counts; its days are those of the course's clock
        due = row.duedate.replace(tzinfo=UTC).astimezone(course.zone)
    return str(row.id), due


def _sync_notebook_row(connection: Connection, source: CourseNotebook, name: str, assignment_id: str) -> str:
    spec = json.dumps(source.kernelspec)
    row = connection.execute(
        select(t.notebook.c.id, t.notebook.c.kernelspec).where(
            t.notebook.c.assignment_id == assignment_id, t.notebook.c.name == name
        )
    ).one_or_none()
    if row is None:
        identifier = new_id()
        connection.execute(
            t.notebook.insert().values(id=identifier, name=name, assignment_id=assignment_id, kernelspec=spec)
        )
        return identifier
    if row.kernelspec != spec:
        connection.execute(update(t.notebook).where(t.notebook.c.id == row.id).values(kernelspec=spec))
    return str(row.id)


def _cell_rows(connection: Connection, notebook_id: str) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    """(id, name, type, points, cell_type) of the notebook's cells."""
    cell, grade, task = t.base_cell, t.grade_cells, t.task_cells

    return connection.execute(
        select(
            cell.c.id,
            cell.c.name,
            cell.c.type,
            func.coalesce(grade.c.max_score, task.c.max_score).label("points"),
            func.coalesce(grade.c.cell_type, task.c.cell_type).label("cell_type"),
        )
        .select_from(cell.outerjoin(grade, grade.c.id == cell.c.id).outerjoin(task, task.c.id == cell.c.id))
        .where(cell.c.notebook_id == notebook_id)
    ).all()


def _differ(cells: Sequence[CourseCell], rows: Sequence[Row[Any, Any, Any, Any, Any]]) -> bool:
    wanted = {(cell.name, kind): _worth(cell, kind) for cell in cells for kind in cell.kinds}
    return wanted != {(row.name, row.type): (row.points, row.cell_type) for row in rows}


def _worth(cell: CourseCell, kind: str) -> tuple[float | None, str | None]:
    return (None, None) if kind == "SolutionCell" else (cell.points, cell.cell_type)


def _sync_cells(
    connection: Connection,
    assignment: str,
    notebook_id: str,
    cells: Sequence[CourseCell],
    rows: Sequence[Row[Any, Any, Any, Any, Any]],
) -> None:
    details = {"GradeCell": t.grade_cells, "SolutionCell": t.solution_cells, "TaskCell": t.task_cells}
    existing = {(row.name, row.type): row.id for row in rows}
    wanted = {(cell.name, kind): _worth(cell, kind) for cell in cells for kind in cell.kinds}
    for (name, kind), (points, cell_type) in wanted.items():
        values = {} if kind == "SolutionCell" else {"max_score": points, "cell_type": cell_type}
        if (name, kind) not in existing:
            identifier = new_id()
            connection.execute(
                t.base_cell.insert().values(id=identifier, name=name, notebook_id=notebook_id, type=kind)
            )
            connection.execute(details[kind].insert().values(id=identifier, **values))
        elif values:
            table = details[kind]
            connection.execute(update(table).where(table.c.id == existing[name, kind]).values(**values))
    for (name, kind), identifier in existing.items():
        if (name, kind) in wanted:
            continue
        if _touched_by_a_person(connection, identifier):
            _warn_of_kept_cell(assignment, name)
            continue
        for table in (t.grade, t.comment):
            connection.execute(delete(table).where(table.c.cell_id == identifier))
        connection.execute(delete(details[kind]).where(details[kind].c.id == identifier))
        connection.execute(delete(t.base_cell).where(t.base_cell.c.id == identifier))


@functools.lru_cache(maxsize=256)  # once per process, not once per hand-in
def _warn_of_kept_cell(assignment: str, name: str) -> None:
    log.warning(
        "%s: the cell %r is gone from the instructor's notebook, but people have scored or commented on it, "
        "so its points stay in the gradebook. Put the cell back; if it is to go, clear those scores in the "
        "formgrader first.",
        assignment,
        name,
    )


def _touched_by_a_person(connection: Connection, cell_id: str) -> bool:
    scored = select(t.grade.c.id).where(
        t.grade.c.cell_id == cell_id,
        t.grade.c.manual_score.is_not(None) | t.grade.c.extra_credit.is_not(None),
    )
    commented = select(t.comment.c.id).where(
        t.comment.c.cell_id == cell_id, t.comment.c.manual_comment.is_not(None)
    )
    return any(connection.execute(found.limit(1)).first() is not None for found in (scored, commented))


def _sync_sources(connection: Connection, notebook_id: str, cells: Sequence[CourseCell]) -> None:
    """The text of the cells, which nbgrader's own autograde compares hand-ins with."""
    table = t.source_cell
    rows = {
        row.name: row
        for row in connection.execute(
            select(table.c.id, table.c.name, table.c.checksum, table.c.locked, table.c.cell_type).where(
                table.c.notebook_id == notebook_id
            )
        )
    }
    for cell in cells:
        values = {
            "cell_type": cell.cell_type,
            "locked": cell.locked,
            "source": cell.source,
            "checksum": cell.checksum,
        }
        row = rows.pop(cell.name, None)
        if row is None:
            connection.execute(
                table.insert().values(id=new_id(), name=cell.name, notebook_id=notebook_id, **values)
            )
        elif (row.checksum, row.locked, row.cell_type) != (cell.checksum, cell.locked, cell.cell_type):
            connection.execute(update(table).where(table.c.id == row.id).values(**values))
    for row in rows.values():
        connection.execute(delete(table).where(table.c.id == row.id))
