"""The roster: who takes the course, by what names a learning platform knows them, and who hands in together.

A CSV file with a header, as nbgrader's `db student import` reads it: `id`, and optionally `first_name`,
`last_name`, `email`, `lms_user_id`; beside these `group` (members have the same label) and `track`. Other
columns are left alone.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from autograder.course import Assignment, Course
from autograder.intake.files import printable
from autograder.intake.names import check_student_id
from autograder.intake.submission import RejectedSubmission
from autograder.mistakes import Mistake

LONGEST_FIELD = 128  # what nbgrader's database keeps of a name
_COLUMNS = {
    "id": "id",
    "student_id": "id",
    "first_name": "first_name",
    "vorname": "first_name",
    "last_name": "last_name",
    "surname": "last_name",
    "nachname": "last_name",
    "email": "email",
    "e-mail": "email",
    "e-mail-adresse": "email",
    "email_address": "email",
    "lms_user_id": "lms_user_id",
    "moodle_id": "lms_user_id",
    "group": "group",
    "track": "track",
}


class RosterError(Mistake):
    """The roster cannot be used. The message names the file and the line."""


class Student(BaseModel):
    """One line of the roster. `group` and `track` are labels, "" where there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    group: str = ""
    track: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where the roster has no name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.id


class Roster:
    """Students by id, in the file's order."""

    def __init__(self, students: Iterable[Student]) -> None:
        self._students = {student.id: student for student in students}
        self._groups: dict[str, list[str]] = {}
        for student in self._students.values():
            if student.group:
                self._groups.setdefault(student.group, []).append(student.id)

    @classmethod
    def of(cls, course: Course) -> Roster:
        """The course's roster, or an empty one if course.yaml names none. Raises RosterError."""
        if course.roster is None:
            return cls(())
        roster = cls(_read(course.roster))
        for label, members in roster._groups.items():
            if len(members) > course.groups.max_size:
                listed = ", ".join(members)
                raise RosterError(
                    f"{course.roster}: the group “{printable(label)}” has {len(members)} members ({listed}), but "
                    f"course.yaml allows {course.groups.max_size} (groups.max_size)."
                )
        return roster

    def check_tracks(self, assignment: Assignment) -> None:
        """Raises RosterError if somebody is in a track that the assignment does not have."""
        for student in self if assignment.tracks else ():
            if student.track and student.track not in assignment.tracks:
                raise RosterError(
                    f"the roster puts {student.id} into the track “{student.track}”, which {assignment.name} does not "
                    f"have. Allowed by course.yaml: {', '.join(assignment.tracks)}. A track without items of its own "
                    f'is written there, too: tracks: {{"{student.track}": []}}'
                )

    def __iter__(self) -> Iterator[Student]:
        return iter(self._students.values())

    def __len__(self) -> int:
        return len(self._students)

    def __contains__(self, student: str) -> bool:
        return student in self._students

    def get(self, student: str) -> Student | None:
        return self._students.get(student)

    def group(self, student: str) -> tuple[str, ...]:
        """Sorted ids of all who hand in together with `student`, the student included."""
        found = self._students.get(student)
        if found is None or not found.group:
            return (student,)
        return tuple(sorted(self._groups[found.group]))


def _read(path: Path) -> Iterator[Student]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RosterError(f"{path}: the roster cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise RosterError(f"{path}: the roster is not UTF-8. Save it as “CSV UTF-8”.") from error
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)  # a spreadsheet in Germany writes semicolons
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [_COLUMNS.get(name.strip().lower().replace(" ", "_"), "") for name in next(rows, [])]
        _check_header(path, header, first_line)
        seen: dict[str, int] = {}
        for row in rows:
            if not any(field.strip() for field in row):
                continue
            yield _student(path, rows.line_num, header, row, seen)
    except csv.Error as error:
        raise RosterError(f"{path}, line {rows.line_num}: not CSV ({error}).") from error


def _check_header(path: Path, header: list[str], first_line: str) -> None:
    if "id" not in header:
        raise RosterError(
            f"{path}, line 1: “{printable(first_line.strip(), 80)}” must name the columns, with “id” among them. "
            f"Allowed beside it: {', '.join(sorted(set(_COLUMNS.values()) - {'id'}))}; others are left alone."
        )
    for column in set(header) - {""}:
        if header.count(column) > 1:
            raise RosterError(f"{path}, line 1: the column “{column}” is named more than once.")


def _student(path: Path, line: int, header: list[str], row: list[str], seen: dict[str, int]) -> Student:
    if len(row) > len(header):
        raise RosterError(f"{path}, line {line}: {len(row)} fields, but the first line names {len(header)}.")
    # A short row ends in empty fields; unknown columns have no name and are left out.
    named = {column: field for column, field in zip(header, row, strict=False) if column}
    fields = {
        column: field.strip() if column == "id" else _one_line(field) for column, field in named.items()
    }
    student = Student(**fields)
    try:
        check_student_id(student.id)
    except RejectedSubmission as error:
        raise RosterError(f"{path}, line {line}: {error.sentence}") from error
    folded = unicodedata.normalize("NFC", student.id).casefold()  # what compares equal in an archive
    if folded in seen:
        raise RosterError(
            f"{path}, line {line}: the id “{student.id}” stands in line {seen[folded]} already."
        )
    seen[folded] = line
    return student


def _one_line(field: str) -> str:
    """A field as one line of at most LONGEST_FIELD characters, without what cannot be seen.

    Learning platforms let people write their own names, which then go into a terminal, a database and tables; so they
    are set right, and no reason to refuse the whole class.
    """
    field = field[: 4 * LONGEST_FIELD]
    seen = "".join(letter for letter in field if unicodedata.category(letter) != "Cf")
    words = "".join(letter if letter.isprintable() else " " for letter in seen).split()
    return " ".join(words)[:LONGEST_FIELD].rstrip()
