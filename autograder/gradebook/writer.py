"""One submission's grade into nbgrader's database and autograded/: all of it, or nothing.

The database changes in one transaction. The notebook beside it is put in place by one rename after the
commit; whoever is killed between the two writes the same grade again, which changes nothing else.

What a person has entered is never changed: scores, extra credit, comments, flags, extensions.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sqlalchemy import Connection, Row, select, update

from autograder.course import Course
from autograder.gradebook import tables as t
from autograder.gradebook.cells import CourseCell
from autograder.gradebook.database import GradebookError, new_id, writing
from autograder.gradebook.notebook import answer, autograded_notebook, comments, is_unanswered, shown_points
from autograder.gradebook.sync import RecordedAssignment, sync_assignment
from autograder.grading.grade import Grade, Status
from autograder.intake.files import UnreadableFile, opened_folder, read_bytes
from autograder.intake.folder import SECRET, TIMESTAMP
from autograder.intake.roster import Roster, Student
from autograder.intake.submission import HandIn
from autograder.intake.timestamps import write as timestamp_text

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Scored:
    """What a grading says of one cell with points. `auto` is None while a person has to give them."""

    auto: float | None
    waits: bool  # nothing can be said yet: a person or another machine is needed


@dataclass(frozen=True)
class Written:
    """What was recorded: the notebook that is shown, and everybody who got the grade."""

    notebook: NotebookNode
    students: tuple[str, ...]  # the one who handed in first


def write(grade: Grade, submission: HandIn, course: Course) -> Written:
    """Record `grade` for the student of `submission`.

    Members of the group who handed in nothing themselves get the same grade, the latest where several handed
    in. Raises GradebookError, and OSError where autograded/ cannot be written; then the database is as it
    was.
    """
    for student in (submission.student, *submission.group):
        if student in ("", ".", "..") or os.sep in student or "\0" in student:
            raise GradebookError(f"The student id {student!r} cannot be the name of a folder.")
    shown: dict[str, NotebookNode] = {}
    with contextlib.ExitStack() as files, writing(course) as connection:
        recorded = sync_assignment(connection, course, grade.assignment)
        for student in _credited(connection, course, recorded, submission):
            folder = course.autograded / student / grade.assignment
            previous = _previous(folder / f"{grade.assignment}.ipynb")
            shown[student] = autograded_notebook(grade, recorded.notebook, previous)
            _record(connection, course, recorded, grade, submission, student, shown[student], previous)
            text = nbformat.v4.writes(shown[student]) + "\n"
            files.enter_context(_placed(folder / f"{grade.assignment}.ipynb", text))
            for name, content in _companions(course, submission, student, folder).items():
                files.enter_context(_placed(folder / name, content))
    return Written(shown[submission.student], tuple(shown))


def add_students(course: Course) -> None:
    """Record everybody on the course's roster, so that those who hand in nothing are in the gradebook too.

    Raises RosterError and GradebookError.
    """
    with writing(course) as connection:
        known = {row.id: row for row in connection.execute(select(t.student))}
        for student in Roster.of(course):
            values, row = _names(student), known.get(student.id)
            if row is None:
                connection.execute(t.student.insert().values(id=student.id, **values))
            elif any(getattr(row, name) != value for name, value in values.items()):
                connection.execute(update(t.student).where(t.student.c.id == student.id).values(**values))


def register(course: Course, assignment: str) -> None:
    """Record the assignment and its cells, so that nbgrader knows it before anything is handed in."""
    with writing(course) as connection:
        sync_assignment(connection, course, assignment)


def settle_penalties(course: Course, assignment: str, student: str | None = None) -> None:
    """Compute late penalties anew, of one student or all: people may have changed scores since."""
    handed_in, shown = t.submitted_assignment, t.submitted_notebook
    with writing(course) as connection:
        recorded = sync_assignment(connection, course, assignment)
        query = (
            select(shown.c.id, shown.c.late_submission_penalty, handed_in.c.timestamp, handed_in.c.extension)
            .join(handed_in, handed_in.c.id == shown.c.assignment_id)
            .where(shown.c.notebook_id == recorded.notebook_id, handed_in.c.assignment_id == recorded.id)
        )
        if student is not None:
            query = query.where(handed_in.c.student_id == student)
        for row in connection.execute(query).all():
            lost = _share_lost(course, assignment, recorded, row.timestamp, row.extension)
            if lost > 0 or row.late_submission_penalty is not None:
                _penalise(connection, recorded, row.id, lost)


def _credited(
    connection: Connection, course: Course, recorded: RecordedAssignment, submission: HandIn
) -> list[str]:
    """The student, and the group's members for whom this is the hand-in that counts."""
    credited = [submission.student]
    for member in submission.group:
        own = course.submitted / member / submission.assignment
        if member == submission.student or os.path.lexists(own):
            continue
        table = t.submitted_assignment
        latest = connection.scalar(
            select(table.c.timestamp).where(
                table.c.assignment_id == recorded.id, table.c.student_id == member
            )
        )
        ours = _utc(submission.submitted_at)
        if latest is None or ours is None or latest <= ours:
            credited.append(member)
    return credited


def _record(
    connection: Connection,
    course: Course,
    recorded: RecordedAssignment,
    grade: Grade,
    submission: HandIn,
    student: str,
    notebook: NotebookNode,
    previous: NotebookNode | None,
) -> None:
    timestamp = _utc(submission.submitted_at)
    submitted, extension = _submission_row(connection, recorded, student, timestamp)
    notebook_id = _notebook_row(connection, recorded, submitted)
    scored = _scores(grade, notebook, recorded.notebook.cells)
    _write_grades(connection, recorded, notebook_id, scored, notebook, previous)
    _write_comments(connection, recorded, notebook_id, comments(grade, notebook, recorded.notebook.cells))
    lost = _share_lost(course, grade.assignment, recorded, timestamp, extension)
    _penalise(connection, recorded, notebook_id, lost)


def _submission_row(
    connection: Connection, recorded: RecordedAssignment, student: str, timestamp: datetime | None
) -> tuple[str, timedelta | None]:
    """The id of the student's submission, made where needed, and the extension that a person granted."""
    if connection.scalar(select(t.student.c.id).where(t.student.c.id == student)) is None:
        connection.execute(t.student.insert().values(id=student))
    table = t.submitted_assignment
    row = connection.execute(
        select(table.c.id, table.c.timestamp, table.c.extension).where(
            table.c.assignment_id == recorded.id, table.c.student_id == student
        )
    ).one_or_none()
    if row is None:
        identifier = new_id()
        connection.execute(
            table.insert().values(
                id=identifier, assignment_id=recorded.id, student_id=student, timestamp=timestamp
            )
        )
        return identifier, None
    if row.timestamp != timestamp:
        connection.execute(update(table).where(table.c.id == row.id).values(timestamp=timestamp))
    return str(row.id), row.extension


def _notebook_row(connection: Connection, recorded: RecordedAssignment, submitted: str) -> str:
    table = t.submitted_notebook
    found = connection.scalar(
        select(table.c.id).where(
            table.c.notebook_id == recorded.notebook_id, table.c.assignment_id == submitted
        )
    )
    if found is not None:
        return str(found)
    identifier = new_id()
    connection.execute(
        table.insert().values(
            id=identifier, notebook_id=recorded.notebook_id, assignment_id=submitted, flagged=False
        )
    )
    return identifier


def _scores(grade: Grade, notebook: NotebookNode, cells: tuple[CourseCell, ...]) -> dict[str, _Scored]:
    """What `grade` says of each cell; cells that it does not speak of are left out."""
    items = {item.id: item for item in grade.items}
    scored: dict[str, _Scored] = {}
    for cell in cells:
        if not cell.graded:
            continue
        item = items.get(cell.name)
        if grade.status == "rejected":
            scored[cell.name] = _Scored(0.0, waits=False)
        elif cell.manual and (item is None or item.score is None):
            # As nbgrader has it: an answer cell that was never touched needs nobody to read it.
            untouched = cell.solution and is_unanswered(notebook, cell)
            scored[cell.name] = _Scored(0.0 if untouched else None, waits=not untouched)
        elif item is not None and (item.score is None or item.status == Status.DEFERRED):
            scored[cell.name] = _Scored(None, waits=True)
        elif item is not None:
            scored[cell.name] = _Scored(shown_points(item, cell.points or 0.0), waits=False)
    return scored


def _write_grades(
    connection: Connection,
    recorded: RecordedAssignment,
    notebook_id: str,
    scored: dict[str, _Scored],
    notebook: NotebookNode,
    previous: NotebookNode | None,
) -> None:
    table = t.grade
    rows = {
        row.cell_id: row
        for row in connection.execute(
            select(table)
            .where(table.c.cell_id.in_(recorded.graded.values()), table.c.notebook_id == notebook_id)
            .with_for_update()
        )
    }
    new = []
    for name, cell_id in recorded.graded.items():
        row, now = rows.get(cell_id), scored.get(name)
        if row is None:
            now = now or _Scored(None, waits=True)
            new.append(
                {
                    "id": new_id(),
                    "notebook_id": notebook_id,
                    "cell_id": cell_id,
                    "auto_score": now.auto,
                    "needs_manual_grade": now.waits,
                }
            )
        elif now is not None:
            values = {
                "auto_score": now.auto,
                "needs_manual_grade": _needs_person(row, now, name, notebook, previous),
            }
            if (row.auto_score, row.needs_manual_grade) != (
                values["auto_score"],
                values["needs_manual_grade"],
            ):
                connection.execute(update(table).where(table.c.id == row.id).values(**values))
    if new:
        connection.execute(table.insert(), new)


def _needs_person(
    row: Row[tuple[object, ...]],
    now: _Scored,
    name: str,
    notebook: NotebookNode,
    previous: NotebookNode | None,
) -> bool:
    """Whether somebody has to look at the cell.

    A score that a person gave holds, but is marked for another look where what it judged has changed since:
    the answer, or the automatic score that it replaced.
    """
    if row.manual_score is None:
        return now.waits
    before = answer(previous, name)
    same_answer = before is not None and before == answer(notebook, name)
    return bool(row.needs_manual_grade) or not (same_answer and row.auto_score == now.auto)


def _write_comments(
    connection: Connection, recorded: RecordedAssignment, notebook_id: str, said: dict[str, str | None]
) -> None:
    table = t.comment
    rows = {
        row.cell_id: row
        for row in connection.execute(
            select(table.c.id, table.c.cell_id, table.c.auto_comment).where(
                table.c.cell_id.in_(recorded.commented.values()), table.c.notebook_id == notebook_id
            )
        )
    }
    new = []
    for name, cell_id in recorded.commented.items():
        row, text = rows.get(cell_id), said.get(name)
        if row is not None and name not in said:
            continue
        if row is None:
            new.append({"id": new_id(), "notebook_id": notebook_id, "cell_id": cell_id, "auto_comment": text})
        elif row.auto_comment != text:
            connection.execute(update(table).where(table.c.id == row.id).values(auto_comment=text))
    if new:
        connection.execute(table.insert(), new)


def _share_lost(
    course: Course,
    assignment: str,
    recorded: RecordedAssignment,
    timestamp: datetime | None,
    extension: timedelta | None,
) -> float:
    """The share of its points, 0 to 1, that a hand-in of this time loses by course.yaml's policy."""
    due = recorded.due + (extension or timedelta()) if recorded.due is not None else None
    submitted_at = timestamp.replace(tzinfo=UTC) if timestamp is not None else None
    return 1.0 - course.assignment(assignment).late.share_kept(due, submitted_at)


def _penalise(connection: Connection, recorded: RecordedAssignment, notebook_id: str, lost: float) -> None:
    """Record the points that a late hand-in loses; None for a punctual one, as in nbgrader."""
    penalty = None
    if lost > 0:
        given = connection.execute(
            select(t.grade.c.auto_score, t.grade.c.manual_score, t.grade.c.extra_credit).where(
                t.grade.c.cell_id.in_(recorded.graded.values()), t.grade.c.notebook_id == notebook_id
            )
        )
        penalty = round(
            lost * sum(points(row.auto_score, row.manual_score, row.extra_credit) for row in given), 2
        )
    table = t.submitted_notebook
    connection.execute(update(table).where(table.c.id == notebook_id).values(late_submission_penalty=penalty))


def points(auto: float | None, manual: float | None, extra: float | None) -> float:
    """The points that count in nbgrader: a person's before the automatic ones, extra credit on top."""
    base = manual if manual is not None else auto
    return 0.0 if base is None else base + (extra or 0.0)


def _utc(moment: datetime | None) -> datetime | None:
    """A time as nbgrader keeps it: in UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment is not None else None


def _names(student: Student) -> dict[str, str]:
    """What the roster says of a student; what is empty there keeps what the gradebook has."""
    fields = ("first_name", "last_name", "email", "lms_user_id")
    return {name: getattr(student, name) for name in fields if getattr(student, name)}


def _companions(course: Course, submission: HandIn, student: str, folder: Path) -> dict[str, str]:
    """The files that nbgrader's release_feedback needs beside every notebook, and fails for all without.

    They carry the time of the hand-in (empty where it is not known), and the secret by which the student's own
    fetch_feedback finds the page; a hand-in that did not come through the exchange gets one that nobody knows.
    """
    known = submission.submitted_at
    companions = {TIMESTAMP: timestamp_text(known) if known is not None else ""}
    try:
        with opened_folder(course.submitted / student / submission.assignment) as handed_in:
            companions[SECRET] = read_bytes(SECRET, folder=handed_in, most=1000).decode("ascii", "replace")
    except UnreadableFile:
        if not (folder / SECRET).exists():
            companions[SECRET] = secrets.token_hex(50)
    return companions


def _previous(path: Path) -> NotebookNode | None:
    """The notebook that was shown so far. One that cannot be read is as good as none: it is replaced."""
    try:
        notebook: NotebookNode = nbformat.v4.reads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("%s could not be read (%s) and is written anew.", path, error)
        return None
    return notebook


@contextlib.contextmanager
def _placed(path: Path, text: str) -> Iterator[None]:
    """Write `text` beside `path` now, and put it in its place when the block ends without an exception."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
        yield
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
