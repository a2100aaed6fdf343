"""A Moodle archive, a tar.gz or a folder of files -> submitted/, in nbgrader's layout.

    report = collect(Path("ass1.zip"), course, "ass1")

Every file is paired with a student of the roster or listed as unmatched; every member that was refused is
listed with the reason; nothing in an archive stops the other students' hand-ins.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from autograder.course import Course
from autograder.intake.files import printable
from autograder.intake.folder import REFUSAL
from autograder.intake.pairing import Owner, Unpaired, own_name, owner_of, pair
from autograder.intake.place import Outcome, collecting, place, plain_name
from autograder.intake.roster import Roster
from autograder.intake.submission import RejectedSubmission
from autograder.intake.unpack import ArchiveError, Found, Store, is_archive, unpack, unpack_inner

INNER_BYTES = 200_000_000  # what one student's own archives may unpack to, all together
INNER_MEMBERS = 1_000
MOST_STRAYS = 10  # files that are kept of a hand-in without a notebook to choose, for the page to name them
MOST_STRAY_BYTES = 10_000_000


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Taken(_Line):
    """A hand-in that was paired with a student."""

    student: str
    outcome: Outcome
    source: str  # its name in the archive
    submitted_at: datetime | None = None
    notices: tuple[str, ...] = ()


class Unmatched(_Line):
    """Files that no student could be paired with for certain, and what would help."""

    label: str
    sentence: str
    files: tuple[str, ...] = ()


class Refused(_Line):
    """A member that was not taken: hostile, damaged or too large."""

    name: str
    sentence: str


class CollectReport(_Line):
    """What a collection did, for a person to read and for `--json`."""

    assignment: str
    source: str
    taken: tuple[Taken, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    refused: tuple[Refused, ...] = ()
    ignored: tuple[str, ...] = ()  # what operating systems add
    missing: tuple[str, ...] = ()  # students of the roster with nothing in this source


def collect(source: Path | str, course: Course, assignment: str) -> CollectReport:
    """Take the hand-ins of `assignment` from an archive or a folder into course.submitted.

    Of several hand-ins of one student the latest wins; the time is the file's in the archive, read in the
    course's time zone. Raises ArchiveError where the source as a whole is unusable, CourseError, RosterError.
    """
    name = course.assignment(assignment).name
    roster = Roster.of(course)
    source = Path(source)
    with collecting(course), tempfile.TemporaryDirectory(prefix="collect-") as scratch:
        found = unpack(source, Store(Path(scratch)), course.timezone)
        sorted_out = _by_student(found, roster)
        taken = []
        for student, members in sorted(sorted_out.students.items()):
            # What one student's archives unpack to is gone before the next one's: it must not use up the disk.
            with tempfile.TemporaryDirectory(prefix="inner-", dir=scratch) as folder:
                members = _with_inner(members, Path(folder), course.timezone, sorted_out.refused)
                try:
                    taken.append(_take(course, name, student, members))
                except RejectedSubmission as error:
                    sorted_out.refused.append(Refused(name=student, sentence=error.sentence))
    here = set(sorted_out.students)
    return CollectReport(
        assignment=name,
        source=str(source),
        taken=tuple(taken),
        unmatched=tuple(sorted_out.unmatched),
        refused=tuple(sorted_out.refused),
        ignored=tuple(sorted_out.ignored),
        missing=tuple(student.id for student in roster if student.id not in here),
    )


class _SortedOut:
    def __init__(self) -> None:
        self.students: dict[str, list[Found]] = {}
        self.unmatched: list[Unmatched] = []
        self.refused: list[Refused] = []
        self.ignored: list[str] = []


def _by_student(found: Iterable[Found], roster: Roster) -> _SortedOut:
    """Group the members by owner and pair each owner; two owners of one student are left for a person."""
    result = _SortedOut()

    def known(label: str) -> bool:
        try:
            pair(Owner(label), roster)
        except Unpaired:
            return False
        return len(roster) > 0

    of_owner: dict[Owner, list[Found]] = {}
    for member in found:
        if _is_junk(member.parts):
            result.ignored.append(member.name)
            continue
        if member.refused:
            result.refused.append(Refused(name=member.name, sentence=member.refused))
        if member.misnamed:
            continue
        owner, _ = owner_of(member.parts, known)
        of_owner.setdefault(Owner(owner.label, owner.number), []).append(member)

    of_student: dict[str, list[Owner]] = {}
    for owner, members in of_owner.items():
        try:
            of_student.setdefault(pair(owner, roster), []).append(owner)
        except Unpaired as reason:
            result.unmatched.append(_unmatched(owner, str(reason), members))
    for student, owners in of_student.items():
        if len({owner for owner in owners if owner.number}) > 1:
            sentence = (
                f"Two people in the archive would both be {student}. Name each folder after the student's id."
            )
            result.unmatched += [_unmatched(owner, sentence, of_owner[owner]) for owner in owners]
            continue
        result.students[student] = [member for owner in owners for member in of_owner[owner]]
    return result


def _unmatched(owner: Owner, sentence: str, members: list[Found]) -> Unmatched:
    return Unmatched(
        label=printable(owner.label), sentence=sentence, files=tuple(member.name for member in members[:20])
    )


def _is_junk(parts: tuple[str, ...]) -> bool:
    """Whether a member is what operating systems and editors leave, and not what anybody hands in."""
    return any(
        (part.startswith((".", "~")) and part != "..") or part in ("__MACOSX", "Thumbs.db", "desktop.ini")
        for part in parts
    )


def _with_inner(members: list[Found], folder: Path, timezone: str, refused: list[Refused]) -> list[Found]:
    """The members, with what is in the student's own archives in place of these, one level deep."""
    result = []
    store = Store(folder, INNER_BYTES, INNER_MEMBERS)
    for member in members:
        if member.file is None or not is_archive(member.parts[-1]):
            result.append(member)
            continue
        try:
            inner = unpack_inner(member.file, store, timezone)
        except ArchiveError as error:
            inner = [Found((), refused=str(error))]
        for found in inner:
            # An archive keeps the times of the student's clock; it was handed in at the outer member's time.
            found = replace(found, parts=(*member.parts, *found.parts), modified=member.modified)
            if found.refused:
                refused.append(Refused(name=found.name, sentence=found.refused))
            if not _is_junk(found.parts):
                result.append(found)
    return result


def _take(course: Course, assignment: str, student: str, members: list[Found]) -> Taken:
    wanted = f"{assignment}.ipynb"
    notices = [notice for member in members for notice in member.notices]
    chosen = _choose(wanted, members, notices)
    refusals = tuple(dict.fromkeys(member.refused for member in members if member.refused))
    if chosen is None:
        files = _strays(wanted, members, notices)
        times = [member.modified for member in members if member.modified is not None]
        submitted_at, origin = max(times, default=None), members[0].name if members else ""
        if refusals:
            files[REFUSAL] = "\n".join(refusals).encode()
    else:
        files = {wanted: _bytes(chosen)}
        submitted_at, origin = chosen.modified, chosen.name
    outcome = place(course, assignment, student, files, submitted_at, time_counts=False)
    return Taken(
        student=student,
        outcome=outcome,
        source=origin,
        submitted_at=submitted_at,
        notices=(*dict.fromkeys(notices), *refusals),
    )


def _choose(wanted: str, members: list[Found], notices: list[str]) -> Found | None:
    """The notebook of the wanted name (of several the latest), else the only one; None if it is not clear."""
    notebooks = [
        member for member in members if member.file and own_name(member.parts).lower().endswith(".ipynb")
    ]
    right = [member for member in notebooks if own_name(member.parts) == wanted]
    right = right or [member for member in notebooks if own_name(member.parts).lower() == wanted.lower()]
    candidates = right or notebooks
    if not candidates:
        notices.append("There is no notebook.")
        return None
    if len({_bytes(member) for member in candidates}) == 1:
        chosen = candidates[0]
    elif not right:
        notices.append(
            f"There are {len(candidates)} notebooks and none is called “{wanted}”; none was chosen."
        )
        return None
    else:
        dated = sorted(
            (member for member in candidates if member.modified is not None),
            key=lambda member: member.modified or datetime.min,
        )
        if len(dated) < len(candidates) or dated[-1].modified == dated[-2].modified:
            notices.append(
                f"There are {len(candidates)} different notebooks called “{wanted}”; none was chosen."
            )
            return None
        chosen = dated[-1]
        notices.append(
            f"There are {len(candidates)} notebooks called “{wanted}”; the latest was taken: {chosen.name}."
        )
    if own_name(chosen.parts) != wanted:
        notices.append(f"“{printable(own_name(chosen.parts))}” was taken as “{wanted}”.")
    return chosen


def _strays(wanted: str, members: list[Found], notices: list[str]) -> dict[str, bytes]:
    """What was handed in instead of one notebook, so that the student's page can name it.

    None is called `wanted`, and of several notebooks at least two are kept: grading must not take one by
    chance.
    """
    files: dict[str, bytes] = {}
    taken = {wanted.casefold()}
    sized = [(member.file.stat().st_size, member) for member in members if member.file is not None]
    notebooks_first = sorted(
        sized,
        key=lambda pair: (not own_name(pair[1].parts).lower().endswith(".ipynb"), pair[0], pair[1].name),
    )
    for size, member in notebooks_first:
        if len(files) >= 2 and (len(files) == MOST_STRAYS or size > MOST_STRAY_BYTES):
            notices.append(f"{member.name} was left in the archive.")
            continue
        name = plain_name(own_name(member.parts))
        while name.casefold() in taken:
            name = f"other-{name}"
        files[name] = _bytes(member)
        taken.add(name.casefold())
    return files


def _bytes(member: Found) -> bytes:
    return b"" if member.file is None else member.file.read_bytes()
