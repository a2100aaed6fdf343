"""How long the small notebook trains on this machine, so that a student's computation takes the time asked for.

Eager TensorFlow is twice as slow on one machine as on another, so a number of steps says nothing about work.
It is measured as in a class that is graded: the student's CPU seconds, with as many sessions at a time as there are
cores, which share caches and more.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

from measuring import cores
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.course import Limits
from autograder.grading.session import StudentSession
from autograder.sandbox import SandboxSpec, WarmParent

VARIABLE = "SMALL_NOTEBOOK_STEPS"  # read by small/small_checks.py, in whatever tool runs it
FEWEST = 30  # with fewer the training does not learn its task, however slow the machine
_FEW, _MANY = FEWEST, 330
_SESSIONS = 3

sys.path.insert(0, str(Path(__file__).resolve().parent / "small"))
import small_checks  # noqa: E402


def settle(source: NotebookNode, wanted_s: float) -> int:
    """Set, for this process and those it starts, the number of steps with which all that a student's code does takes
    `wanted_s` CPU seconds, but at least `FEWEST`; returns it. A number that the environment has already stands.
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
    with contextlib.ExitStack() as stack:
        parents = [stack.enter_context(WarmParent("tensorflow")) for _ in range(cores())]
        idle = idle_session_s(parents[0])
        few, many = (
            statistics.median(_side_by_side(source, steps, parents)) - idle for steps in (_FEW, _MANY)
        )
    step_s = (many - few) / (_MANY - _FEW)
    return max(FEWEST, round(_FEW + (wanted_s - few) / step_s))


def _side_by_side(source: NotebookNode, steps: int, parents: list[WarmParent]) -> list[float]:
    """CPU seconds of some sessions, as many at a time as there are warm parents."""
    with ThreadPoolExecutor(len(parents)) as pool:
        rounds = [pool.map(_own_s, repeat(source), repeat(steps), parents) for _ in range(_SESSIONS)]
        return [seconds for found in rounds for seconds in found]


def _own_s(source: NotebookNode, steps: int, warm: WarmParent) -> float:
    with StudentSession(source, SandboxSpec(isolation="weak"), Limits(), warm) as session:
        for check in (small_checks.check_init, small_checks.check_forward, small_checks.check_loss):
            check(session.student)
        small_checks.check_training(session.student, steps)
        return session.cpu_s
