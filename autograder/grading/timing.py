"""How long a call of a student's function took, by computing time."""

from __future__ import annotations

from collections.abc import Callable

from autograder.checks.throughput import Timed
from autograder.remote.client import Student


def by_cpu_time(student: Student, program: Callable[[int], object]) -> Callable[[int], Timed]:
    """`program`, which makes one call of `student`, timed by the CPU seconds that the call cost its processes.

    For speeds on a CPU: other work on the machine makes a call longer, and hardly costlier. For a GPU, whose work is
    no CPU time, pass the program as it is.
    """

    def timed(steps: int) -> Timed:
        answer = program(steps)
        return Timed(answer, student.last_call.cpu_s)

    return timed
