"""nbgrader's exchange -> submitted/: what `nbgrader collect` does, for hand-ins that are not trusted.

nbgrader copies whole folders and follows the links in them, with the instructor's rights; here a link is
refused, so nobody hands in a file that is not theirs. For honest hand-ins both collect the same: the latest
of each student. Everybody may put a folder of any name into the exchange: where a student has handed in from an account
of the same name, what others put there under that name is left alone.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from autograder.course import Course
from autograder.intake import timestamps
from autograder.intake.archive import CollectReport, Refused, Taken
from autograder.intake.files import UnreadableFile, entries, kind, opened_folder, printable, read_bytes
from autograder.intake.folder import SECRET, choose_notebook
from autograder.intake.names import check_student_id
from autograder.intake.place import collecting, place
from autograder.intake.roster import Roster
from autograder.intake.submission import RejectedSubmission
from autograder.intake.text import MOST_BYTES
from autograder.intake.unpack import ArchiveError

MOST_HAND_INS = 1_000_000


@dataclass(frozen=True)
class _Record:
    folder: str
    student: str
    submitted_at: datetime
    owner: str

    @property
    def rank(self) -> tuple[bool, datetime, str]:
        """Of a student's records the one of the highest rank is taken."""
        return self.owner == self.student, self.submitted_at, self.folder


def collect_exchange(course: Course, assignment: str) -> CollectReport:
    """Take the latest hand-in of each student from the exchange's inbound folder into course.submitted.

    The exchange is course.exchange, else where nbgrader has it. What is no hand-in of this assignment is left
    alone. Raises ArchiveError if there is no inbound folder, CourseError, RosterError.
    """
    name = course.assignment(assignment).name
    roster = Roster.of(course)
    inbound = _root(course) / course.id / "inbound"
    if not inbound.exists():
        raise ArchiveError(
            f"Nothing can be collected from nbgrader's exchange: there is no folder {inbound}. `nbgrader "
            f"release_assignment {name}` makes it where `exchange` of course.yaml says, or else at nbgrader's. "
            f"Hand-ins from an archive or a folder are collected with `autograder collect {name} PATH`."
        )
    taken: list[Taken] = []
    refused: list[Refused] = []
    try:
        with opened_folder(inbound, follow=True) as folder, collecting(course):
            for record in _latest(folder, name, course.timezone, refused):
                try:
                    taken.append(_take(course, name, folder, record))
                except RejectedSubmission as error:
                    refused.append(Refused(name=printable(record.folder), sentence=error.sentence))
    except UnreadableFile as error:
        raise ArchiveError(f"{inbound}: {error.sentence}") from error
    here = {line.student for line in taken}
    return CollectReport(
        assignment=name,
        source=str(inbound),
        taken=tuple(taken),
        refused=tuple(refused),
        missing=tuple(student.id for student in roster if student.id not in here),
    )


def _root(course: Course) -> Path:
    if course.exchange is not None:
        return course.exchange
    from nbgrader.exchange.default.exchange import Exchange  # only now: it takes a second to import

    return Path(Exchange.root.default_value)


def _latest(folder: int, assignment: str, timezone: str, refused: list[Refused]) -> list[_Record]:
    all_of: dict[str, list[_Record]] = {}
    for name, mode in entries(folder, most=MOST_HAND_INS):
        student, found, when = name.rpartition(f"+{assignment}+")  # student+assignment+time[+random]
        if not found:
            continue
        try:
            check_student_id(student)
            if not stat.S_ISDIR(mode):
                raise RejectedSubmission(f"“{printable(name)}” is {kind(mode)}, not a folder.")
            owner = _owner_of(os.stat(name, dir_fd=folder, follow_symlinks=False))
            record = _Record(name, student, _time(when, timezone), owner)
        except FileNotFoundError:  # removed since it was listed
            continue
        except RejectedSubmission as error:
            refused.append(Refused(name=printable(name), sentence=error.sentence))
            continue
        except ValueError as error:
            refused.append(Refused(name=printable(name), sentence=f"Its name holds no time: {error}"))
            continue
        all_of.setdefault(student, []).append(record)
    latest = {student: max(records, key=lambda record: record.rank) for student, records in all_of.items()}
    for student, records in all_of.items():
        taken = latest[student]
        refused += [
            Refused(name=printable(record.folder), sentence=_not_theirs(record))
            for record in records
            if record.submitted_at > taken.submitted_at
        ]
    return [latest[student] for student in sorted(latest)]


def _not_theirs(record: _Record) -> str:
    return (
        f"It says that it is {record.student}'s, but the folder belongs to {record.owner}. What {record.student} "
        "handed in before was taken. If this is theirs all the same, put it into submitted/ by hand."
    )


def _time(text: str, timezone: str) -> datetime:
    """The time in a folder's name, with or without random letters after it. Raises ValueError."""
    try:
        return timestamps.parse(text, timezone)
    except ValueError:
        return timestamps.parse(text.rpartition("+")[0] or text, timezone)


def _take(course: Course, assignment: str, inbound: int, record: _Record) -> Taken:
    notices: list[str] = []
    with opened_folder(record.folder, inside=inbound) as folder:
        chosen = choose_notebook(folder, f"{assignment}.ipynb", notices)
        files = {f"{assignment}.ipynb": read_bytes(chosen, folder=folder, most=MOST_BYTES)}
        if any(name == SECRET for name, _ in entries(folder)):
            files[SECRET] = read_bytes(SECRET, folder=folder, most=10_000)
        owner = _owner_of(os.fstat(folder))
    if owner != record.student:
        notices.append(f"The hand-in says that it is {record.student}'s, but the folder belongs to {owner}.")
    outcome = place(course, assignment, record.student, files, record.submitted_at, time_counts=True)
    return Taken(
        student=record.student,
        outcome=outcome,
        source=printable(record.folder),
        submitted_at=record.submitted_at,
        notices=tuple(notices),
    )


def _owner_of(found: os.stat_result) -> str:
    return _account(found.st_uid)


@lru_cache
def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the unknown user {uid}"
