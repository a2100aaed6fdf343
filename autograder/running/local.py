"""Many gradings on this machine: grader processes side by side, which fork their sandboxes from one warm parent.

    with LocalPool(course, settings, jobs=2) as pool:
        for submission, result in pool.grade_all(submissions): ...

A grader process that dies loses nothing: its submission is graded again by its successor. A submission that brings down
two graders, or on which the grader itself breaks, becomes a `GradingFailure` and the others go on. When this process
dies, however it dies, the graders, the warm parent and all sandboxes end.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.forkserver import ensure_running
from types import TracebackType
from typing import Any, Self

import psutil

from autograder.course import Course
from autograder.grading.grade import Grade
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.running import work
from autograder.running.work import graded as graded
from autograder.sandbox.parent import WarmParent

ATTEMPTS = 2  # of one submission, before the graders that die on it are taken as its doing
_GRADER_BYTES = 1_500_000_000  # a grader with its warm parent and a student's process at work
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GradingFailure:
    """The grader, not the student, failed on a submission: no grade is recorded. `reason` is for the instructor."""

    reason: str


Result = Grade | GradingFailure


def jobs_for(wanted: int) -> int:
    """How many graders to run at most: `wanted`, or as many as cores and free memory allow if it is 0."""
    if wanted > 0:
        return wanted
    cores = len(os.sched_getaffinity(0))
    by_memory = int(psutil.virtual_memory().available // _GRADER_BYTES)
    return max(1, min(cores, by_memory))


class LocalPool:
    """Grader processes; a context manager. They start when the first submission is to be graded."""

    def __init__(self, course: Course, settings: GradingSettings, *, jobs: int = 0) -> None:
        self._course = course
        self._settings = settings
        self._jobs = jobs
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["autograder.running.preload"])
        self._workers: list[_Worker] = []
        self._parents: dict[str, WarmParent] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.tell_to_end()
        for worker in self._workers:
            worker.wait_until_ended()
        for parent in self._parents.values():
            parent.close()
        self._workers, self._parents = [], {}

    def warm_up(self, assignment: str) -> None:
        """Start what takes seconds to start, before there is a submission; returns at once."""
        self._parent(assignment).start()
        _ensure_forkserver()

    def grade_all(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Result]]:
        """Grade all, in the order given as graders come free, yielding each as it is done. The graders are at work as
        soon as this is called, before the first result is asked for.

        `submissions` is asked for the next one when a grader is free for it, and before the last result is yielded, so
        that graders need not wait for whoever takes the results. Raises what is the course's or the machine's fault:
        `HiddenTestsError`, `UntestedItemError`, `NotebookError`, `IsolationError`, `NoGpuError`.
        """
        waiting = _Waiting(submissions)
        self._occupy(waiting)  # graders that an earlier call has left idle
        while len(self._workers) < jobs_for(self._jobs) and (task := waiting.next()) is not None:
            worker = self._start(task.submission.assignment)
            self._workers.append(worker)
            worker.give(task)
        return self._results(waiting)

    def _results(self, waiting: _Waiting) -> Iterator[tuple[Submission, Result]]:
        while busy := {worker.answers: worker for worker in self._workers if worker.task is not None}:
            for answers in wait(list(busy)):
                worker = busy[answers]  # type: ignore[index]
                task = worker.task
                assert task is not None
                result = worker.take()
                if result is None:
                    self._replace(worker, task.submission.assignment)
                    if task.attempts < ATTEMPTS:
                        waiting.put_back(task)
                    else:
                        result = GradingFailure(f"{task.attempts} graders ended on this submission.")
                self._occupy(waiting)
                if result is not None:
                    yield task.submission, result

    def _occupy(self, waiting: _Waiting) -> None:
        """Give every idle grader something to do: also one that was idle before a task was put back."""
        for worker in self._workers:
            if worker.task is None and (task := waiting.next()) is not None:
                worker.give(task)

    def _replace(self, dead: _Worker, assignment: str) -> None:
        _log.warning("A grader process ended (exit code %s); another takes its place.", dead.process.exitcode)
        dead.tell_to_end()
        dead.wait_until_ended()
        self._workers[self._workers.index(dead)] = self._start(assignment)

    def _start(self, assignment: str) -> _Worker:
        ours, theirs = self._context.Pipe()
        parent = self._parent(assignment)
        lent = lent_by(parent)
        process = self._context.Process(
            target=work.grade_for_the_driver,
            args=(theirs, self._course, self._settings, parent.profile, lent),
            daemon=True,
        )
        _ensure_forkserver()
        process.start()
        theirs.close()
        if lent is not None:
            lent.close()
        return _Worker(process, ours)

    def _parent(self, assignment: str) -> WarmParent:
        profile = self._course.assignment(assignment).profile
        return self._parents.setdefault(profile, WarmParent(profile))


def _ensure_forkserver() -> None:
    """Start the server that graders are forked from, if it is not running.

    It is a Python with the current folder on its path, and an instructor may stand in a student's folder: a `numpy.py`
    there must not run outside a sandbox.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def lent_by(parent: WarmParent) -> socket.socket | None:
    """The grader's line to the warm parent. Without one, if it has just died, the grader starts its own."""
    try:
        return parent.lend()
    except OSError as error:
        _log.warning("The warm parent has ended (%s); a grader starts one of its own.", error)
        return None


@dataclass
class _Task:
    submission: Submission
    attempts: int = 0


class _Waiting:
    """The submissions to come, and before them those whose grader ended."""

    def __init__(self, submissions: Iterable[Submission]) -> None:
        self._new = iter(submissions)
        self._again: deque[_Task] = deque()

    def next(self) -> _Task | None:
        if self._again:
            return self._again.popleft()
        submission = next(self._new, None)
        return _Task(submission) if submission is not None else None

    def put_back(self, task: _Task) -> None:
        self._again.append(task)


@dataclass
class _Worker:
    """The driver's end of a grader process."""

    process: Any  # a BaseProcess of the forkserver context
    answers: Connection[Any, Any]
    task: _Task | None = field(default=None)

    def give(self, task: _Task) -> None:
        self.task = task
        task.attempts += 1
        try:
            self.answers.send(task.submission)
        except OSError:  # it has died; `take` will find out
            _log.debug("A grader process was gone before it got its submission.")

    def take(self) -> Result | None:
        """The result of the task; None if the process died over it. Raises what stops a run."""
        try:
            kind, value = self.answers.recv()
        except (EOFError, OSError):
            self.process.join(timeout=5)
            return None
        self.task = None
        if kind == "stop":
            raise value
        return Grade.model_validate_json(value) if kind == "grade" else GradingFailure(value)

    def tell_to_end(self) -> None:
        """At once if it is at work, else when it has cooled down."""
        if self.task is not None and self.process.is_alive():
            self.process.terminate()
        self.answers.close()

    def wait_until_ended(self) -> None:
        self.process.join(timeout=20)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
