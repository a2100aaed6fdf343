"""How long a call of a student's function took, by computing time, and where it computes meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

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


@contextmanager
def on_one_core(*students: Student) -> Iterator[None]:
    """Inside, these sessions compute on one and the same core, in turn.

    Otherwise Linux tends to keep each on a core of its own, and cores differ: on a virtual machine by what their
    neighbours do. Without it the pairs of a program against itself strayed two to four times as far. Not for a GPU, nor
    for programs that are to use many cores.
    """
    cores = sorted(os.sched_getaffinity(0))
    core = cores[os.getpid() % len(cores)]  # graders of one machine should not all take the same
    with ExitStack() as stack:
        for student in students:
            stack.enter_context(student.on_cores([core]))
        yield
