"""One run at a time, and what a killed one left."""

from __future__ import annotations

import os
import signal

import pytest

from autograder.course import Course
from autograder.running.alone import RunInProgressError, run_alone
from autograder.running.store import DRAFT, GradeStore


def test_a_second_run_is_refused_and_told_who_is_at_it(mini_course: Course) -> None:
    with (
        run_alone(mini_course, "mini"),
        pytest.raises(RunInProgressError, match=f"Process {os.getpid()} is grading mini"),
        run_alone(mini_course, "mini"),
    ):
        pass
    with run_alone(mini_course, "mini"):
        pass


def test_a_run_that_failed_leaves_nothing_locked(mini_course: Course) -> None:
    with pytest.raises(ZeroDivisionError), run_alone(mini_course, "mini"):
        raise ZeroDivisionError
    with run_alone(mini_course, "mini"):
        pass


def test_drafts_of_a_killed_run_are_removed_and_nothing_else(mini_course: Course) -> None:
    shown = mini_course.autograded / "ada" / "mini"
    folders = (GradeStore(mini_course, "mini").folder, mini_course.reports / "mini" / "ada", shown)
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "kept").touch()
    drafts = (
        folders[0] / f"{DRAFT}abc",
        folders[1] / f"{DRAFT}abc",
        folders[1].parent / f"{DRAFT}abc",
        shown / ".mini.ipynb.abcdefgh",
    )
    child = os.fork()
    if child == 0:
        with run_alone(mini_course, "mini"):
            for draft in drafts:
                draft.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert all(draft.exists() for draft in drafts)
    with run_alone(mini_course, "mini"):
        assert not any(draft.exists() for draft in drafts)
        assert all((folder / "kept").exists() for folder in folders)
