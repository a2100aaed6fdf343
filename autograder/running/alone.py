"""One run at a time for an assignment, and no half-written file of a run that was killed.

    <course>/.autograder/<assignment>.running

Locked by the run that grades, by the operating system, so that no lock outlives its process. It holds the id of the
process, and is emptied at the end: where it is not empty, the run before was killed, and its drafts are removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Course
from autograder.mistakes import Mistake
from autograder.running.store import DRAFT, GradeStore


class RunInProgressError(Mistake):
    """Another run grades this assignment."""


@contextlib.contextmanager
def run_alone(course: Course, assignment: str) -> Iterator[None]:
    """Hold the assignment for this run. Raises RunInProgressError while another one has it."""
    path = course.root / ".autograder" / f"{assignment}.running"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunInProgressError(
                f"Process {file.read().strip() or '(unknown)'} is grading {assignment}. Wait until it has finished, or "
                "stop it: what it has graded is kept."
            ) from None
        if file.read():
            _remove_drafts(course, assignment)
        _note(file.fileno(), str(os.getpid()))
        yield
        _note(file.fileno(), "")


def _remove_drafts(course: Course, assignment: str) -> None:
    """What a killed run was writing, beside the files that it would have become."""
    patterns: tuple[tuple[Path, str], ...] = (
        (GradeStore(course, assignment).folder, f"{DRAFT}*"),
        (course.reports / assignment, f"{DRAFT}*"),
        (course.reports / assignment, f"*/{DRAFT}*"),
        (course.autograded, f"*/{assignment}/.*.????????"),
    )
    for folder, pattern in patterns:
        for draft in folder.glob(pattern):
            if draft.is_file() and not draft.is_symlink():
                draft.unlink(missing_ok=True)


def _note(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("ascii"), 0)
