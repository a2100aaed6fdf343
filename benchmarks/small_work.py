"""How long the small notebook trains on this machine, so that a student's computation takes the time asked for.

Eager TensorFlow is twice as slow on one machine as on another, so a number of steps says nothing about work.
Sessions are measured one at a time, as the student's CPU seconds; side by side, on cores that share something, each
takes longer.
"""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.course import Limits
from autograder.grading.session import StudentSession
from autograder.sandbox import SandboxSpec, WarmParent

VARIABLE = "SMALL_NOTEBOOK_STEPS"  # read by small/small_checks.py, in whatever tool runs it
FEWEST = 30  # with fewer the training does not learn its task
_FEW, _MANY = 30, 330
_SESSIONS = 3

sys.path.insert(0, str(Path(__file__).resolve().parent / "small"))
import small_checks  # noqa: E402


def settle(source: NotebookNode, wanted_s: float) -> int:
    """Set, for this process and those it starts, the number of steps with which all that a student's code does takes
    `wanted_s` CPU seconds; returns it. A number that the environment has already stands.
    """
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = str(_steps(source, wanted_s))
    return int(os.environ[VARIABLE])


def idle_session_s(warm: WarmParent | None = None, sessions: int = 5) -> float:
    """CPU seconds of a student's process that starts and runs nothing: the median of some sessions."""
    if warm is None:
        with WarmParent("tensorflow") as started:
            return idle_session_s(started, sessions)
    used = []
    for _ in range(sessions):
        with StudentSession(new_notebook(), SandboxSpec(isolation="weak"), Limits(), warm) as session:
            session.student.has("nothing")
            used.append(session.cpu_s)
    return statistics.median(used)


def _steps(source: NotebookNode, wanted_s: float) -> int:
    with WarmParent("tensorflow") as warm:
        idle = idle_session_s(warm)
        few, many = (
            statistics.median(_own_s(source, steps, warm) - idle for _ in range(_SESSIONS))
            for steps in (_FEW, _MANY)
        )
    step_s = (many - few) / (_MANY - _FEW)
    return max(FEWEST, round(_FEW + (wanted_s - few) / step_s))


def _own_s(source: NotebookNode, steps: int, warm: WarmParent) -> float:
    with StudentSession(source, SandboxSpec(isolation="weak"), Limits(), warm) as session:
        for check in (small_checks.check_init, small_checks.check_forward, small_checks.check_loss):
            check(session.student)
        small_checks.check_training(session.student, steps)
        return session.cpu_s
