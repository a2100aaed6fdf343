"""Many gradings on this machine: grader processes side by side, each with a warm parent of its own.

    with LocalPool(course, settings, jobs=2) as pool:
        for submission, result in pool.grade_all(submissions): ...

A grader process that dies loses nothing: its submission is graded again by its successor. A submission that brings down
two graders, or on which the grader itself breaks, becomes a `GradingFailure` and the others go on.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self

import psutil

from autograder.course import Course
from autograder.grading.engine import HiddenTestsError, grade
from autograder.grading.grade import Grade
from autograder.grading.items import UntestedItemError
from autograder.grading.settings import GradingSettings
from autograder.grading.warmth import cool_down
from autograder.intake import Submission
from autograder.notebooks import NotebookError
from autograder.sandbox import IsolationError

ATTEMPTS = 2  # of one submission, before the graders that die on it are taken as its doing
_GRADER_BYTES = 1_500_000_000  # a grader with its warm parent and a student's process at work
_log = logging.getLogger(__name__)

# Mistakes of the course or the machine: every submission would meet them, so the run stops.
_STOPPING = (HiddenTestsError, UntestedItemError, NotebookError, IsolationError)


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
        self._context.set_forkserver_preload(["autograder.grading.engine"])
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers = []

    def grade_all(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Result]]:
        """Grade all, in the order given as graders come free, yielding each as it is done.

        `submissions` is asked for the next one when a grader is free for it, and before the last result is yielded, so
        that graders need not wait for whoever takes the results. Raises what is the course's or the machine's fault:
        `HiddenTestsError`, `UntestedItemError`, `NotebookError`, `IsolationError`.
        """
        waiting = _Waiting(submissions)
        while len(self._workers) < jobs_for(self._jobs) and (task := waiting.next()) is not None:
            worker = self._start()
            self._workers.append(worker)
            worker.give(task)
        while busy := {worker.answers: worker for worker in self._workers if worker.task is not None}:
            for answers in wait(list(busy)):
                worker = busy[answers]  # type: ignore[index]
                task = worker.task
                assert task is not None
                result = worker.take()
                if result is None:
                    self._replace(worker)
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

    def _replace(self, dead: _Worker) -> None:
        _log.warning("A grader process ended (exit code %s); another takes its place.", dead.process.exitcode)
        dead.end()
        successor = self._start()
        self._workers[self._workers.index(dead)] = successor

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, self._course, self._settings), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)


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

    def end(self) -> None:
        """End the process: at once if it is at work, else when it has cooled down."""
        if self.task is not None and self.process.is_alive():
            self.process.terminate()
        self.answers.close()
        self.process.join(timeout=20)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _work(questions: Connection[Any, Any], course: Course, settings: GradingSettings) -> None:
    """A grader process: submissions in, grades out, until the driver closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    signal.signal(signal.SIGTERM, _leave)
    try:
        while True:
            submission = questions.recv()
            questions.send(graded(submission, course, settings))
    except (EOFError, OSError):
        return
    finally:
        cool_down()


def graded(submission: Submission, course: Course, settings: GradingSettings) -> tuple[str, Any]:
    """("grade", JSON), ("failure", why the grader broke) or ("stop", the mistake that every submission would meet)."""
    try:
        return "grade", grade(submission, course, settings).model_dump_json()
    except _STOPPING as mistake:
        return "stop", mistake
    except Exception:  # noqa: BLE001 - whatever breaks the grader on one submission must not stop the others
        return "failure", traceback.format_exc(limit=-12)


def _leave(*_: object) -> None:
    raise SystemExit(0)
