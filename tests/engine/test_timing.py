"""Where sessions compute while their speeds are compared."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from sandboxing import limits

from autograder.grading.session import StudentSession
from autograder.grading.timing import by_cpu_time, on_one_core
from autograder.sandbox import SandboxSpec, shared_parent

CELL = """
import os, threading, time

waiting = threading.Thread(target=threading.Event().wait, daemon=True)
waiting.start()

def cores():
    # Of its threads, also of the one that was started before, and of a process that it starts now.
    of_threads = [sorted(os.sched_getaffinity(int(thread))) for thread in os.listdir("/proc/self/task")]
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, repr(sorted(os.sched_getaffinity(0))).encode())
        os._exit(0)
    os.wait()
    return of_threads + [eval(os.read(read, 1000))]

def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
"""


@pytest.fixture
def session():
    spec = SandboxSpec(limits=limits())
    with StudentSession(
        new_notebook(cells=[new_code_cell(CELL)]), spec, limits(), shared_parent("tensorflow")
    ) as opened:
        yield opened


def test_two_sessions_share_one_core_and_are_let_go(session: StudentSession) -> None:
    spec = SandboxSpec(limits=limits())
    notebook = new_notebook(cells=[new_code_cell(CELL)])
    everywhere = sorted(os.sched_getaffinity(0))
    with StudentSession(notebook, spec, limits(), shared_parent("tensorflow")) as other:
        assert all(cores == everywhere for cores in session.student.cores())
        with on_one_core(session.student, other.student):
            mine, theirs = session.student.cores(), other.student.cores()
        assert len(mine) >= 3
        assert len(mine[0]) == 1
        assert {tuple(cores) for cores in mine + theirs} == {tuple(mine[0])}
        assert all(cores == everywhere for cores in session.student.cores() + other.student.cores())


def test_cores_are_kept_to_before_the_next_question(session: StudentSession) -> None:
    live = session.student._connection._process._session
    awake = threading.Event()

    def wake() -> None:
        awake.set()
        signal.pidfd_send_signal(live.fileno(), signal.SIGCONT)

    signal.pidfd_send_signal(live.fileno(), signal.SIGSTOP)  # its first process, which sets the cores
    waking = threading.Timer(0.2, wake)
    waking.start()
    with on_one_core(session.student):
        assert awake.is_set()
    waking.join()


def test_a_session_that_has_ended_is_left_alone(session: StudentSession) -> None:
    student = session.student
    with on_one_core(student):
        student._connection.end("it is over")
    assert student.ended == "it is over"


def test_a_call_is_timed_by_what_it_computes(session: StudentSession) -> None:
    timed = by_cpu_time(session.student, session.student.spin)
    assert timed(0.3).seconds >= 0.3
