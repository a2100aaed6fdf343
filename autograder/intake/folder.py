"""nbgrader's folder submitted/<student>/<assignment>/ -> submissions, one student's trouble never another's.

`handed_in`, `glance` and `read` serve a large class, one hand-in in memory at a time; `submissions` reads them all.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from autograder.course import Course
from autograder.intake import timestamps
from autograder.intake.files import UnreadableFile, entries, kind, opened_folder, printable, read_bytes
from autograder.intake.names import check_student_id, shown_id
from autograder.intake.roster import Roster
from autograder.intake.submission import Glance, Rejected, RejectedSubmission, Submission
from autograder.intake.text import MOST_BYTES, notebook_text

TIMESTAMP = "timestamp.txt"
REFUSAL = "refused.txt"  # ours: why what was handed in could not even be unpacked
MOST_STUDENTS = 200_000
SECRET = "submission_secret.txt"  # nbgrader's, for the return of feedback


def submissions(
    course: Course, assignment: str, groups: Iterable[Sequence[str]] = ()
) -> list[Submission | Rejected]:
    """Every hand-in of `assignment` under course.submitted, sorted by student.

    `groups` lists members who hand in together and wins over the roster's column. Raises CourseError and
    RosterError, and nothing for what students did: that becomes a Rejected with the sentence for the page.
    """
    together = Partners(course, groups)
    return [read(course, assignment, student, together) for student in handed_in(course, assignment)]


class Partners:
    """Who hands in with whom: the lists given, else the roster."""

    def __init__(self, course: Course, lists: Iterable[Sequence[str]] = ()) -> None:
        self._roster = Roster.of(course)
        self._listed: dict[str, tuple[str, ...]] = {}
        for members in lists:
            group = tuple(sorted(set(members)))
            if len(group) > course.groups.max_size:
                raise ValueError(f"a group of {len(group)}; course.yaml allows {course.groups.max_size}")
            for member in group:
                if member in self._listed:
                    raise ValueError(f"{member} is in two groups")
                self._listed[member] = group

    def of(self, student: str) -> tuple[str, ...]:
        """Sorted ids of the student's group, the student included."""
        return self._listed.get(student) or self._roster.group(student)


def handed_in(course: Course, assignment: str) -> list[str]:
    """Names of the folders submitted/<name>/ that hold something called `assignment`, sorted.

    Hidden entries are not hand-ins. Raises CourseError for an assignment that does not exist.
    """
    course.assignment(assignment)
    if not course.submitted.is_dir():
        return []
    with opened_folder(course.submitted, follow=True) as submitted:
        return [
            name
            for name, mode in entries(submitted, most=MOST_STUDENTS)
            if not name.startswith(".") and not stat.S_ISREG(mode) and _holds(submitted, name, assignment)
        ]


def read(
    course: Course, assignment: str, student: str, groups: Partners | None = None
) -> Submission | Rejected:
    """The hand-in of one student. Raises CourseError for an assignment that does not exist."""
    name = course.assignment(assignment).name
    path = course.submitted / student / name
    notices: list[str] = []
    submitted_at: datetime | None = None
    group: tuple[str, ...] = (student,)
    try:
        check_student_id(student)
        group = (groups or Partners(course)).of(student)
        with _opened(course.submitted, student, name) as folder:
            submitted_at = _time_of(folder, course, notices)
            chosen = choose_notebook(folder, f"{name}.ipynb", notices)
            path = path / chosen
            content = read_bytes(chosen, folder=folder, most=MOST_BYTES)
        notebook, more = notebook_text(content)
        notices.extend(more)
    except RejectedSubmission as error:
        return Rejected(
            assignment=name,
            student=shown_id(student),
            submitted_at=submitted_at,
            group=tuple(shown_id(member) for member in group),
            path=printable(str(path), most=4096),
            notices=tuple(notices),
            sentence=error.sentence,
        )
    return Submission(
        assignment=name,
        student=student,
        submitted_at=submitted_at,
        group=group,
        path=str(path),
        notices=tuple(notices),
        notebook=notebook,
        file_digest=hashlib.sha256(content).hexdigest(),
    )


def glance(course: Course, assignment: str, student: str, groups: Partners | None = None) -> Glance | None:
    """Whose hand-in it is, when it came, and the digest of its notebook's bytes; None where only `read` can tell."""
    name = course.assignment(assignment).name
    notices: list[str] = []
    try:
        check_student_id(student)
        with _opened(course.submitted, student, name) as folder:
            submitted_at = _time_of(folder, course, notices)
            chosen = choose_notebook(folder, f"{name}.ipynb", notices)
            content = read_bytes(chosen, folder=folder, most=MOST_BYTES)
    except RejectedSubmission:
        return None
    return Glance(
        assignment=name,
        student=student,
        submitted_at=submitted_at,
        group=(groups or Partners(course)).of(student),
        path=str(course.submitted / student / name / chosen),
        notices=tuple(notices),
        file_digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )


def _holds(submitted: int, student: str, assignment: str) -> bool:
    try:
        os.stat(os.path.join(student, assignment), dir_fd=submitted, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # so that `read` says on a page what is wrong with it
    return True


@contextmanager
def _opened(submitted: Path, student: str, assignment: str) -> Iterator[int]:
    """Open submitted/<student>/<assignment> step by step, following no link below `submitted`."""
    with (
        opened_folder(submitted, follow=True) as outer,
        opened_folder(student, inside=outer) as middle,
        opened_folder(assignment, inside=middle) as inner,
    ):
        yield inner


def choose_notebook(folder: int, wanted: str, notices: list[str]) -> str:
    """The name of the notebook to grade: the wanted one, else the only one. Others go into the notices."""
    regular: list[str] = []
    odd: dict[str, str] = {}
    for name, mode in entries(folder):
        if name.startswith((".", "~")) or name in (TIMESTAMP, SECRET, REFUSAL):
            continue
        if stat.S_ISREG(mode):
            regular.append(name)
        else:
            odd[name] = kind(mode)
    notebooks = [name for name in regular if name.lower().endswith(".ipynb")]
    chosen = _pick(wanted, notebooks, regular, odd, _refusal(folder))
    if chosen != wanted:
        notices.append(
            f"The notebook is called “{printable(chosen)}” instead of “{wanted}”; it was graded all the same."
        )
    ignored = [name for name in regular if name != chosen]
    if ignored:
        notices.append(f"Only “{printable(chosen)}” was graded. {_listed(ignored)} not looked at.")
    for name, what in list(odd.items())[:5]:
        notices.append(f"“{printable(name)}” is {what} and was not looked at.")
    return chosen


def _pick(wanted: str, notebooks: list[str], regular: list[str], odd: dict[str, str], reason: str) -> str:
    if wanted in notebooks:
        return wanted
    if wanted in odd:
        raise RejectedSubmission(
            f"“{wanted}” is {odd[wanted]}, not a regular file. Hand in the notebook file itself."
        )
    if len(notebooks) == 1:
        return notebooks[0]
    if notebooks:
        raise RejectedSubmission(
            f"There are {len(notebooks)} notebooks and none is called “{wanted}” "
            f"({_names(notebooks)}). Hand in one notebook with that name."
        )
    if reason:
        raise RejectedSubmission(reason)
    there = f" Handed in: {_names([*regular, *odd])}." if regular or odd else " The folder is empty."
    raise RejectedSubmission(f"There is no notebook. Hand in “{wanted}”.{there}")


def _refusal(folder: int) -> str:
    """What collecting left for the student's page, "" if it left nothing."""
    if not any(name == REFUSAL for name, _ in entries(folder)):
        return ""
    try:
        lines = read_bytes(REFUSAL, folder=folder, most=20_000).decode("utf-8", "replace").splitlines()
    except UnreadableFile:
        return ""
    return " ".join(printable(line, 500) for line in lines[:3])


def _time_of(folder: int, course: Course, notices: list[str]) -> datetime | None:
    """The time in timestamp.txt, if there is one that can be read; a broken one is only a notice."""
    if not any(name == TIMESTAMP for name, _ in entries(folder)):
        return None
    try:
        text = read_bytes(TIMESTAMP, folder=folder, most=1000).decode("utf-8", "replace")
        return timestamps.parse(text, course.timezone)
    except UnreadableFile as error:
        notices.append(f"The time of the hand-in is not known: {error.sentence}")
    except ValueError as error:
        notices.append(f"The time of the hand-in is not known. {error}")
    return None


def _names(names: list[str], most: int = 5) -> str:
    shown = ", ".join(f"“{printable(name, 60)}”" for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def _listed(names: list[str]) -> str:
    return f"{_names(names)} {'was' if len(names) == 1 else 'were'}"
