"""The wall time that all sessions of one grading may take together."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from sandboxing import limits

from autograder.grading import allowance
from autograder.grading.allowance import Allowance
from autograder.grading.session import StudentSession
from autograder.remote.errors import StudentDied
from autograder.sandbox import SandboxSpec, shared_parent

CELL = "import os\ndef end(): os._exit(0)\ndef one(): return 1"
MORE = "have taken more than the 180 s that they may take in all"


class Clock:
    """Stands still unless a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(allowance, "time", fake)
    return fake


def opened(shared: Allowance | None = None) -> StudentSession:
    """A notebook whose session may take 120 s."""
    notebook = new_notebook(cells=[new_code_cell(CELL)])
    spec = SandboxSpec(limits=limits())
    return StudentSession(notebook, spec, limits(), shared_parent("tensorflow"), allowance=shared)


def end(session: StudentSession) -> None:
    with pytest.raises(StudentDied):
        session.student.end()


def test_the_time_runs_from_the_first_start_on(clock: Clock) -> None:
    shared = Allowance(100.0)
    clock.now += 50
    assert shared.left_s == 100
    shared.begin()
    clock.now += 30
    shared.begin()
    assert shared.left_s == 70
    shared.extend(10)
    assert shared.left_s == 80


def test_a_session_is_not_started_again_once_the_time_for_all_of_them_is_used_up(clock: Clock) -> None:
    with opened() as session:
        end(session)
        clock.now += 179
        assert session.student.one() == 1  # restarted, for the second that is left
        end_of_time = session._spec_in_time().wall_s
        assert end_of_time == 1
        clock.now += 2
        assert not session.start_anew()
        assert session.student.one() == 1  # what runs goes on until the sandbox's own clock ends it
        end(session)
        for _ in range(2):
            with pytest.raises(StudentDied, match=MORE):
                session.student.one()
        assert session.restarts == 1


def test_a_session_started_late_gets_only_the_time_that_is_left(clock: Clock) -> None:
    with opened() as session:
        assert session._spec_in_time().wall_s == session._spec.session_wall_s == 120
        clock.now += 60.5
        assert session._spec_in_time().wall_s == 120  # 119.5 s, in whole seconds
        clock.now += 60
        end(session)
        assert session.student.one() == 1
        assert session._provisioner is not None
        assert session._provisioner.spec.wall_s == 60


def test_sessions_that_share_an_allowance_end_together(clock: Clock) -> None:
    shared = Allowance(180.0)
    with opened(shared) as first:
        clock.now += 100
        with opened(shared) as second:
            assert second.student.one() == 1
            clock.now += 81
            for session in (first, second):
                end(session)
                with pytest.raises(StudentDied, match=MORE):
                    session.student.one()
        with pytest.raises(StudentDied, match=MORE), opened(shared):
            pass
