"""What the gradebook says of hand-ins: people's scores and comments, automatic ones, late penalties."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from autograder.course import Course
from autograder.gradebook import tables as t
from autograder.gradebook.database import reading
from autograder.gradebook.writer import points


@dataclass(frozen=True)
class RecordedItem:
    """One cell with points. `comment` is what a person wrote, "" if nobody did."""

    id: str
    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    max_score: float
    needs_manual_grade: bool
    manual: bool  # a person gives its points
    comment: str = ""

    @property
    def score(self) -> float | None:
        """The points that count; None while nobody and nothing has given any."""
        if self.auto_score is None and self.manual_score is None:
            return None
        return points(self.auto_score, self.manual_score, self.extra_credit)


@dataclass(frozen=True)
class ManualGrade:
    """What a person gave for one item: points (None while they are open) and a comment."""

    score: float | None = None
    comment: str = ""


@dataclass(frozen=True)
class RecordedGrades:
    """One student's hand-in. `comments` are people's, at answer cells whose points stand elsewhere."""

    student: str
    submitted_at: datetime | None = None
    due: datetime | None = None
    extension: timedelta | None = None
    late_penalty: float = 0.0
    flagged: bool = False
    items: dict[str, RecordedItem] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """Points of all items less the late penalty, never below 0."""
        return max(0.0, sum(item.score or 0.0 for item in self.items.values()) - self.late_penalty)

    @property
    def max_score(self) -> float:
        return sum(item.max_score for item in self.items.values())


def manual_grades(course: Course, assignment: str, student: str) -> dict[str, ManualGrade]:
    """What people gave for the items of one hand-in, by item: where the automatic grade alone does not count.

    An answer that was never touched counts as graded with 0 points. Raises GradebookError.
    """
    return by_hand(recorded_grades(course, assignment, student))


def by_hand(recorded: RecordedGrades) -> dict[str, ManualGrade]:
    """The part of `recorded` that a person decided, or that nobody needs to."""
    found = {}
    for item in recorded.items.values():
        touched = item.manual_score is not None or item.extra_credit is not None
        comment = item.comment or recorded.comments.get(item.id, "")
        if touched or comment or (item.manual and not item.needs_manual_grade):
            score = item.score if touched or item.manual else None
            found[item.id] = ManualGrade(score, comment)
    return found


def recorded_grades(course: Course, assignment: str, student: str) -> RecordedGrades:
    """All that the gradebook says of one student's hand-in; without items where there is none.

    Raises GradebookError.
    """
    return _read(course, assignment, student).get(student, RecordedGrades(student))


def class_grades(course: Course, assignment: str) -> dict[str, RecordedGrades]:
    """The same for everybody who has a hand-in recorded, by student; one pass over the database."""
    return _read(course, assignment, None)


def hand_in_times(course: Course, assignment: str) -> dict[str, datetime | None]:
    """When everybody who has a hand-in recorded handed in, by student."""
    with reading(course) as connection:
        if connection is None:
            return {}
        return {
            found.student: found.submitted_at for found in _hand_ins(connection, assignment, None).values()
        }


def _read(course: Course, assignment: str, student: str | None) -> dict[str, RecordedGrades]:
    with reading(course) as connection:
        if connection is None:
            return {}
        found = _hand_ins(connection, assignment, student)
        if not found:
            return {}
        cells = _cells(connection, assignment)
        of_hand_in = next(iter(found)) if len(found) == 1 else None
        comments = _comments(connection, cells, of_hand_in)
        for row in connection.execute(_of(t.grade, cells, of_hand_in)):
            if row.notebook_id not in found:
                continue
            cell = cells[row.cell_id]
            found[row.notebook_id].items[cell.name] = RecordedItem(
                id=cell.name,
                auto_score=row.auto_score,
                manual_score=row.manual_score,
                extra_credit=row.extra_credit,
                max_score=cell.points,
                needs_manual_grade=row.needs_manual_grade,
                manual=cell.manual,
                comment=comments.pop((row.notebook_id, cell.name), ""),
            )
        for (notebook_id, name), text in comments.items():
            if notebook_id in found:
                found[notebook_id].comments[name] = text
    return {record.student: record for record in found.values()}


@dataclass(frozen=True)
class _Cell:
    name: str
    points: float
    manual: bool


def _hand_ins(connection: Connection, assignment: str, student: str | None) -> dict[str, RecordedGrades]:
    """Hand-ins without their items yet, by the id of their notebook's row."""
    handed_in, shown = t.submitted_assignment, t.submitted_notebook
    query = (
        select(
            shown.c.id,
            shown.c.flagged,
            shown.c.late_submission_penalty,
            handed_in.c.student_id,
            handed_in.c.timestamp,
            handed_in.c.extension,
            t.assignment.c.duedate,
        )
        .join(handed_in, handed_in.c.id == shown.c.assignment_id)
        .join(t.assignment, t.assignment.c.id == handed_in.c.assignment_id)
        .join(t.notebook, t.notebook.c.id == shown.c.notebook_id)
        .where(t.assignment.c.name == assignment, t.notebook.c.name == assignment)
    )
    if student is not None:
        query = query.where(handed_in.c.student_id == student)
    return {
        row.id: RecordedGrades(
            student=row.student_id,
            submitted_at=row.timestamp.replace(tzinfo=UTC) if row.timestamp else None,
            due=row.duedate.replace(tzinfo=UTC) if row.duedate else None,
            extension=row.extension,
            late_penalty=row.late_submission_penalty or 0.0,
            flagged=bool(row.flagged),
        )
        for row in connection.execute(query)
    }


def _cells(connection: Connection, assignment: str) -> dict[str, _Cell]:
    """The assignment's cells by the id of their row."""
    cell, grade, task = t.base_cell, t.grade_cells, t.task_cells
    rows = connection.execute(
        select(
            cell.c.id,
            cell.c.name,
            cell.c.type,
            func.coalesce(grade.c.max_score, task.c.max_score, 0.0).label("points"),
            grade.c.cell_type,
        )
        .select_from(cell.outerjoin(grade, grade.c.id == cell.c.id).outerjoin(task, task.c.id == cell.c.id))
        .join(t.notebook, t.notebook.c.id == cell.c.notebook_id)
        .join(t.assignment, t.assignment.c.id == t.notebook.c.assignment_id)
        .where(t.assignment.c.name == assignment)
    ).all()
    answers = {row.name for row in rows if row.type == "SolutionCell"}
    return {
        row.id: _Cell(
            row.name,
            row.points,
            manual=row.type == "TaskCell" or row.name in answers or row.cell_type == "markdown",
        )
        for row in rows
    }


def _comments(
    connection: Connection, cells: dict[str, _Cell], of_hand_in: str | None
) -> dict[tuple[str, str], str]:
    """What people wrote, by hand-in and cell."""
    return {
        (row.notebook_id, cells[row.cell_id].name): row.manual_comment
        for row in connection.execute(_of(t.comment, cells, of_hand_in))
        if row.manual_comment
    }


def _of(table: Table, cells: dict[str, _Cell], of_hand_in: str | None) -> Select[Any]:
    """Rows of the assignment's cells, of one hand-in or of all."""
    query = select(table).where(table.c.cell_id.in_(cells))
    return query if of_hand_in is None else query.where(table.c.notebook_id == of_hand_in)
