"""Writes an assignment's pages and tables under `reports/<assignment>/`, each file whole at every moment."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from autograder import __version__, gradebook
from autograder.course import Assignment, Course
from autograder.gradebook import RecordedGrades
from autograder.grading.grade import Grade
from autograder.intake import Roster
from autograder.reports.class_page import Row, class_pages
from autograder.reports.pages import fingerprint
from autograder.reports.standing import Late, standing
from autograder.reports.student import student_page
from autograder.reports.tables import canvas_csv, class_csv, moodle_csv

_MADE = ".made.json"  # what each student's page was made of, so that unchanged pages are not made again

Brief = Callable[
    [str], tuple[Grade, str]
]  # student -> the grade without what only the page shows, the whole's digest


def write_reports(
    course: Course, assignment: str, grades: Mapping[str, Grade], brief: Brief | None = None
) -> Path:
    """Write the page of every student in `grades`, the class pages and the tables; return the class page's path.

    Points and comments of graders, times and late penalties come from the gradebook, names and tracks from the roster.
    Pages whose content would be the same are left as they are. With `brief`, whole grades are only asked for where a
    page is written, one at a time. Raises GradebookError, RosterError, OSError.
    """
    brief = brief or _in_memory(grades)
    configured = course.assignment(assignment)
    folder = course.reports / assignment
    roster = Roster.of(course)
    roster.check_tracks(configured)
    recorded = gradebook.class_grades(course, assignment)
    made = _read_made(folder / _MADE)
    now_made: dict[str, str] = {}
    rows = []
    for student in sorted(grades):
        grade, digest = brief(student)
        row, basis = _row(course, configured, student, grade, digest, recorded.get(student), roster)
        path = folder / student / "index.html"
        now_made[student] = basis
        if made.get(student) != basis or not path.exists():
            _write(path, _page(course, configured, row, grades[student], recorded.get(student)))
        rows.append(row)
    missing = [(student.id, student.name) for student in roster if student.id not in grades]
    for name, page in class_pages(course.title, configured.title, rows, missing=missing).items():
        _write(folder / name, page)
    known = {student.id: student for student in roster}
    most = max((row.standing.max_score for row in rows), default=0.0)
    _write(folder / "grades.csv", class_csv(rows))
    _write(folder / "moodle.csv", moodle_csv(rows, known, configured.title))
    _write(folder / "canvas.csv", canvas_csv(rows, known, configured.title, most))
    _write(folder / _MADE, json.dumps(now_made))
    return folder / "index.html"


def _in_memory(grades: Mapping[str, Grade]) -> Brief:
    def brief(student: str) -> tuple[Grade, str]:
        grade = grades[student]
        return grade, hashlib.sha256(grade.model_dump_json().encode("utf-8", "surrogatepass")).hexdigest()

    return brief


def _row(
    course: Course,
    assignment: Assignment,
    student: str,
    grade: Grade,
    digest: str,
    record: RecordedGrades | None,
    roster: Roster,
) -> tuple[Row, str]:
    """The student's line, and a digest of all that the page is made of."""
    listed = roster.get(student)
    track = listed.track if listed else ""
    manual = gradebook.by_hand(record) if record else {}
    late = _late(course, assignment, record)
    counted = assignment.required(track or None, [item.id for item in grade.items])
    where = standing(grade, manual, track_items=counted, late=late)
    row = Row(
        student=student,
        name=listed.name if listed else student,
        standing=where,
        page=f"{student}/index.html",
        track=track,
        submitted_at=record.submitted_at.astimezone(course.zone) if record and record.submitted_at else None,
        late=late,
        reason=grade.reason if grade.status == "rejected" else "",
        wall_s=grade.timing.wall_s,
    )
    basis = hashlib.sha256()
    for part in (
        __version__,
        fingerprint(),
        course.title,
        assignment.title,
        digest,
        repr(row),
    ):
        basis.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return row, basis.hexdigest()


def _page(
    course: Course, assignment: Assignment, row: Row, grade: Grade, record: RecordedGrades | None
) -> str:
    return student_page(
        grade,
        course.title,
        assignment.title,
        row.name,
        gradebook.by_hand(record) if record else {},
        track_items=[item.id for item in row.standing.items if item.counted] if row.standing.items else None,
        late=row.late,
        submitted_at=row.submitted_at,
    )


def _late(course: Course, assignment: Assignment, record: RecordedGrades | None) -> Late | None:
    """What the hand-in's time costs: by course.yaml's due time, or else by one that was set in the formgrader."""
    if record is None or record.submitted_at is None:
        return None
    end = assignment.due or (record.due.astimezone(course.zone) if record.due else None)
    due = end + (record.extension or timedelta()) if end else None
    days = assignment.late.days_late(due, record.submitted_at)
    return Late(days, assignment.late.share_kept(due, record.submitted_at)) if days else None


def _read_made(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # never written, or by something else: all pages are made again
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, text: str) -> None:
    """Replace the file if its content differs."""
    data = text.encode("utf-8", "replace")
    if path.exists() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.chmod(draft, 0o644)
    os.replace(draft, path)
