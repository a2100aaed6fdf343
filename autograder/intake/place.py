"""Put a hand-in into submitted/<student>/<assignment>/, whole or not at all.

The new folder is written beside its place under a hidden name and renamed. The latest hand-in wins; the one
that it replaces is kept under submitted/.older/<assignment>/<student>/<its time>/, which neither nbgrader nor
we look into. Doing the same again changes nothing.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from autograder.course import Course
from autograder.intake import timestamps
from autograder.intake.files import UnreadableFile, entries, kind, opened_folder, printable, read_bytes
from autograder.intake.folder import REFUSAL, SECRET, TIMESTAMP
from autograder.intake.names import check_student_id
from autograder.intake.submission import RejectedSubmission
from autograder.intake.text import MOST_BYTES

OLDER = ".older"


class Outcome(StrEnum):
    """What became of a hand-in that was to be placed."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"  # than the one that is there: that one stays


@contextmanager
def collecting(course: Course) -> Iterator[None]:
    """Hold the lock on course.submitted, made if need be: two collections at a time would undo each other."""
    course.submitted.mkdir(parents=True, exist_ok=True)
    with (course.submitted / ".collecting").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def place(
    course: Course,
    assignment: str,
    student: str,
    files: Mapping[str, bytes],
    submitted_at: datetime | None,
    *,
    time_counts: bool,
) -> Outcome:
    """Make `files` (plain names, bytes) the hand-in of `student`, dated `submitted_at`.

    Files equal to those that are there are UNCHANGED and keep the time they have; with `time_counts`, only if
    the time is the same too. Call it inside `collecting`. Raises RejectedSubmission for a student id that
    cannot be a folder's name and where something else stands in the folder's place.
    """
    home = course.submitted / check_student_id(student)
    target = home / course.assignment(assignment).name
    _demand_folder_or_nothing(home)
    _demand_folder_or_nothing(target)
    there = target.exists()
    if there:
        known, time_there = _what_is_there(target, course.timezone)
        if SECRET not in files:
            known.pop(SECRET, None)
        newer = submitted_at is None or time_there is None or submitted_at > time_there
        if known == dict(files) and not (time_counts and newer and submitted_at != time_there):
            return Outcome.UNCHANGED
        if not newer and submitted_at != time_there:
            return Outcome.OLDER
    incoming = _write(home, target.name, files, submitted_at)
    if there:
        _set_aside(course, target, student, time_there)
    incoming.rename(target)
    return Outcome.UPDATED if there else Outcome.NEW


def plain_name(name: str) -> str:
    """`name` as a file in a hand-in's folder may be called: no separators, not hidden, at most 200 bytes."""
    plain = re.sub(r"[^\w.() +-]", "_", name).lstrip(".~- ") or "file"
    if plain in (TIMESTAMP, SECRET, REFUSAL):
        plain = f"handed-in-{plain}"
    stem, dot, ending = plain.rpartition(".")
    ending = dot + ending[:20]
    room = 200 - len(ending.encode())
    return (stem or plain).encode()[:room].decode("utf-8", "ignore") + (ending if stem else "")


def _write(home: Path, name: str, files: Mapping[str, bytes], submitted_at: datetime | None) -> Path:
    home.mkdir(exist_ok=True)
    incoming = home / f".{name}.incoming"
    if incoming.exists():
        shutil.rmtree(incoming)  # left by a run that was killed
    incoming.mkdir()
    for file, content in files.items():
        (incoming / file).write_bytes(content)
    if submitted_at is not None:
        (incoming / TIMESTAMP).write_text(timestamps.write(submitted_at))
    if SECRET not in files:
        # nbgrader's release of feedback stops the whole class at a hand-in without one.
        (incoming / SECRET).write_text(secrets.token_hex(64))
    return incoming


def _set_aside(course: Course, target: Path, student: str, time_there: datetime | None) -> None:
    shelf = course.submitted / OLDER / target.name / student
    shelf.mkdir(parents=True, exist_ok=True)
    label = f"{time_there:%Y-%m-%d_%H%M%S}" if time_there else "undated"
    number = 1
    while (shelf / f"{label}_{number}").exists():
        number += 1
    target.rename(shelf / f"{label}_{number}")


def _what_is_there(target: Path, timezone: str) -> tuple[dict[str, bytes], datetime | None]:
    """Files and time of the hand-in that is there. What cannot be read is left out, so it is replaced."""
    known: dict[str, bytes] = {}
    with opened_folder(target) as folder:
        for name, mode in entries(folder):
            if stat.S_ISREG(mode):
                try:
                    known[name] = read_bytes(name, folder=folder, most=MOST_BYTES)
                except UnreadableFile:
                    continue
    try:
        time_there = timestamps.parse(known.pop(TIMESTAMP, b"").decode("utf-8", "replace"), timezone)
    except ValueError:
        time_there = None
    return known, time_there


def _demand_folder_or_nothing(path: Path) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        raise RejectedSubmission(
            f"“{printable(path.name)}” in {path.parent.name}/ is {kind(mode)}, so the hand-in cannot be put "
            "there. An instructor has to move it away."
        )
