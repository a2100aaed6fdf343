"""Grades as tables: our own CSV, and what Moodle and Canvas take back.

Cells that a spreadsheet would take for a formula are written as text (OWASP, "CSV injection").
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from autograder.intake import Student
from autograder.reports.class_page import Row
from autograder.reports.standing import State
from autograder.reports.words import points
from autograder.sanitise import clean_text

LONGEST_CELL = 1_000  # characters

# Also in full width, as spreadsheets in East Asia take them, and behind the semicolon that separates cells in Europe,
# where a quote before it opens a cell like any other.
_FORMULA = re.compile(r"(?:^|(?<=;))(?=[\s\"]*[=+\-@\t\uff1d\uff0b\uff0d\uff20])")


def class_csv(rows: Sequence[Row]) -> str:
    """One line a student, a column an item; open points are empty, and `state` says that the sum is not final.

    `open` is all that is still to come, `open_gpu` the part of it that waits for a GPU.
    """
    items: dict[str, None] = {}
    for row in rows:
        items.update(dict.fromkeys(item.id for item in row.standing.items))
    header = [
        "student",
        "name",
        "track",
        "submitted_at",
        "days_late",
        "state",
        "score",
        "max_score",
        "open",
        "open_gpu",
        *items,
    ]
    lines = []
    for row in rows:
        where = row.standing
        scores = {item.id: item.score for item in where.items if item.counted}
        lines.append(
            [
                row.student,
                row.name,
                row.track,
                row.submitted_at.isoformat() if row.submitted_at else "",
                str(row.late.days) if row.late else "0",
                where.state.value,
                points(where.score),
                points(where.max_score),
                points(where.open),
                points(where.open_deferred),
                *("" if scores.get(item) is None else points(scores[item] or 0.0) for item in items),
            ]
        )
    return _written(header, lines)


def moodle_csv(rows: Sequence[Row], students: dict[str, Student], title: str) -> str:
    """For Moodle's grade import: e-mail address, id number, and the points under the assignment's title.

    Only final grades: a sum that still lacks points would be read as the last word.
    """
    lines = [
        [
            students[row.student].email if row.student in students else "",
            row.student,
            points(row.standing.score),
        ]
        for row in rows
        if row.standing.state is not State.OPEN
    ]
    return _written(["Email address", "ID number", title], lines)


def canvas_csv(rows: Sequence[Row], students: dict[str, Student], title: str, max_score: float) -> str:
    """For Canvas's gradebook import: Student, ID, SIS User ID, SIS Login ID, Section, and the assignment.

    The second line holds the points possible, as Canvas wants it. Only final grades.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title]
    lines = [["    Points Possible", "", "", "", "", points(max_score)]]
    for row in rows:
        if row.standing.state is not State.OPEN:
            known = students.get(row.student)
            canvas_id = known.lms_user_id if known else ""
            lines.append([row.name, canvas_id, row.student, row.student, "", points(row.standing.score)])
    return _written(header, lines)


def _written(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_plain(cell) for cell in header])
    writer.writerows([_plain(cell) for cell in line] for line in lines)
    return buffer.getvalue()


def _plain(cell: str) -> str:
    """The cell as text: one line without control or invisible characters, and nothing at its start that makes a formula
    of it. Numbers stay numbers."""
    flat = re.sub(r"[\t\n]+", " ", clean_text(cell, LONGEST_CELL))
    return flat if _is_number(flat) else _FORMULA.sub("'", flat)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()
