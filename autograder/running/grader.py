"""A grader: a process of its own that grades one submission after another, for whoever holds its `Grader`.

    grader = Grader(order)
    grader.wait_until_ready()
    kind, value = grader.grade(submission)
    grader.end()

It is a fresh interpreter, so it can be started from any thread of any process, and it ends when its holder does: it
watches the connection, also while it grades. The holder does without the engine, which is imported where it is needed.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import autograder
from autograder.course import Course
from autograder.data import DataError, fingerprint
from autograder.data.load import find
from autograder.grading.gpu import gpus_of_this_machine
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.running.store import course_key
from autograder.running.work import graded
from autograder.sandbox import NoGpuError, SandboxError, SandboxSpec

# There is a grader for every core; the libraries read these variables once, when they are loaded.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Answer = tuple[str, Any]  # ("grade", JSON), ("failure", reason) or ("stop", exception), as `graded` gives it


class GraderEndedError(Exception):
    """The process ended before it answered."""


class UnfitError(Exception):
    """Gradings here would not be what they are on the machine that asked for them; the message says why."""


@dataclass(frozen=True)
class Order:
    """What a grader is to do: an assignment of a course, and what the one who asks expects to decide the grades."""

    course: Course
    assignment: str
    settings: GradingSettings
    key: str  # course_key() where the order was made
    data: tuple[tuple[str, str, str], ...]  # name, fingerprint and source of each data set there


def order(course: Course, assignment: str, settings: GradingSettings) -> Order:
    """The order for this machine's course; `settings` hold the term secret."""
    granted = course.assignment(assignment).data
    data = tuple(
        (name, fingerprint(name, course), find(name, course).source)
        for name in (*granted.hand_out, *granted.hold_back)
    )
    return Order(course, assignment, settings, course_key(course, assignment, settings), data)


class Grader:
    """The holder's end. Not for several threads at once, except `end`."""

    def __init__(self, order: Order, lent: socket.socket | None = None) -> None:
        """`lent` is a line to a warm parent (`WarmParent.lend`); without one it starts its own."""
        ours, theirs = socket.socketpair()
        package = str(Path(autograder.__file__).resolve().parents[1])
        path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
        descriptors = [theirs.fileno(), *([lent.fileno()] if lent is not None else [])]
        start = f"from {__name__} import main; main(*{descriptors})"
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", start],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C in a terminal is the holder's to handle
            )
        self._connection: Connection[Any, Any] = Connection(ours.detach())
        self._ready = False
        with contextlib.suppress(GraderEndedError):  # whoever waits for it will find out
            self._send(order)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Until its warm parent is there. Raises `UnfitError`, `GraderEndedError`."""
        if self._ready:
            return
        refusal = self._receive()
        if refusal:
            raise UnfitError(refusal)
        self._ready = True

    def grade(self, submission: bytes) -> Answer:
        """Grade one submission, given as JSON. Raises `GraderEndedError`."""
        self._send(submission)
        answer: Answer = self._receive()
        return answer

    def end(self) -> None:
        """End it at once, also in the middle of a grading; its sandboxes end with it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """After `end`, when no thread waits for it any more."""
        self._connection.close()

    def _send(self, message: object) -> None:
        try:
            self._connection.send(message)
        except OSError as error:
            raise GraderEndedError(f"The grader has ended ({error}).") from error

    def _receive(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, OSError) as error:
            code = self._process.wait()
            raise GraderEndedError(f"The grader ended with exit code {code}.") from error


def main(descriptor: int, lent: int | None = None) -> None:
    """The process: an order in, then submissions in and answers out, until the holder closes the connection. `lent` is
    the descriptor of a line to a warm parent.
    """
    from autograder.grading.warmth import expect_more, share_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(descriptor,), daemon=True).start()
    connection: Connection[Any, Any] = Connection(descriptor)
    task: Order = connection.recv()
    if lent is not None:
        share_parent(task.course.assignment(task.assignment).profile, socket.socket(fileno=lent))
    connection.send(_refusal(task))
    expect_more(True)
    with contextlib.suppress(EOFError, OSError):  # the holder has gone
        while True:
            submission = Submission.model_validate_json(connection.recv())
            connection.send(graded(submission, task.course, task.settings))


def _refusal(task: Order) -> str:
    """Why grading here would not be what it is where the order was made; empty if it would be the same."""
    from autograder.grading.warmth import warm_parent

    profile = task.course.assignment(task.assignment).profile
    try:
        warm = warm_parent(profile)  # imports while the data are looked at
        for name, expected, source in task.data:
            if fingerprint(name, task.course) != expected:
                return (
                    f"The data set {name!r} is another one here ({find(name, task.course).source}) than where grading "
                    f"was started ({source}). Set AUTOGRADER_DATA to a folder with the same files."
                )
        spec = SandboxSpec(
            profile=profile, isolation=task.settings.isolation, layers_off=task.settings.layers_off
        )
        warm.layers_for(spec)
        if task.settings.device == "gpu" and not task.settings.gpus:
            gpus_of_this_machine(profile, task.settings.isolation)
    except (DataError, NoGpuError, SandboxError) as error:
        return str(error)
    if course_key(task.course, task.assignment, task.settings) != task.key:
        return "Course files, settings or engine are not those with which grading was started."
    return ""


def _end_with(descriptor: int) -> None:
    """End this process as soon as its holder is gone; the warm parent and all sandboxes notice and end, too."""
    gone = select.poll()
    gone.register(descriptor, 0)  # a hang-up is always reported
    gone.poll()
    os._exit(0)
