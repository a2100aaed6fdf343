"""Many gradings on a cluster: Dask's scheduler gives them to workers, each with graders of its own.

    with ClusterPool(course, settings, Cluster(address="tls://head:8786")) as pool:
        for submission, result in pool.grade_all(submissions): ...

The same as `LocalPool`, elsewhere. The course's files and the term secret go to each worker once, with a plugin that
starts the graders; a worker that would grade differently refuses and says why. Only a few submissions for each grader
are with the scheduler at any time. A submission whose worker is lost is graded again elsewhere; one that loses two
becomes a `GradingFailure`.
"""

from __future__ import annotations

import dataclasses
import logging
import pickle
import queue
import secrets
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from distributed import Client, Future, KilledWorker

from autograder.course import Cluster, Course
from autograder.grading.grade import Grade
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.running.bundle import Bundle, portable
from autograder.running.cluster_client import Gone, Report, connect, listen, say_goodbye, watch_over
from autograder.running.cluster_error import ClusterError
from autograder.running.cluster_worker import GraderPlugin, Shipment, grade_here
from autograder.running.engine_version import engine_version
from autograder.running.grader import order
from autograder.running.local import ATTEMPTS, GradingFailure, Result
from autograder.secret import term_secret

_AHEAD = 2  # submissions with the scheduler for each grader: one at work, one that is there when it is done
_FETCH_S = 60.0
_log = logging.getLogger(__name__)


@dataclass
class _Task:
    number: int
    submission: Submission
    future: Future[Any] | None = None
    attempt: int = 0  # how often it was given to the scheduler
    restricted: bool = False  # to the workers that were fit at that time


@dataclass(frozen=True)
class _Done:
    number: int
    attempt: int


class ClusterPool:
    """A run on a cluster; a context manager. It connects when the first submission is to be graded."""

    def __init__(self, course: Course, settings: GradingSettings, cluster: Cluster) -> None:
        self._course = course
        self._settings = settings
        self._cluster = cluster
        self._resources = {**cluster.resources, **({"GPU": 1.0} if settings.device == "gpu" else {})}
        self._run = f"autograder-{secrets.token_hex(6)}"
        self._client: Client | None = None
        self._events: queue.SimpleQueue[_Done | Report | Gone] = queue.SimpleQueue()
        self._asked: set[str] = set()  # the workers that there were when it started
        self._workers: dict[str, Report] = {}
        self._alone_since = 0.0  # when there was no grader any more
        self._tasks: dict[int, _Task] = {}
        self._given = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            pending = [task.future for task in self._tasks.values()]
            self._tasks.clear()
            say_goodbye(self._client, self._run, pending)
            self._client = None

    def warm_up(self, assignment: str) -> None:
        """Connect and send the course to the workers, where graders start. Raises ClusterError."""
        if self._client is not None:
            return
        plugin = GraderPlugin(self._run, engine_version(), self._resources, self._shipment(assignment))
        self._client = connect(self._cluster)
        listen(self._client, self._run, self._events.put)
        watch_over(self._client, self._run)
        self._alone_since = time.monotonic()
        try:
            self._asked = set(self._client.register_plugin(plugin, name=self._run))
        except ModuleNotFoundError as missing:
            raise ClusterError(
                f"A worker cannot import {missing.name}. Workers need the same environment as this machine, with "
                "`autograder[cluster]` installed."
            ) from missing
        except OSError as error:  # a worker went away meanwhile; the others report for themselves
            _log.warning("A worker was lost while it started (%s).", error)

    def grade_all(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Result]]:
        """Grade all, in the order given as graders come free, yielding each as it is done.

        Raises ClusterError, and what is the course's or a machine's fault: `HiddenTestsError`, `UntestedItemError`,
        `NotebookError`, `IsolationError`.
        """
        waiting = iter(submissions)
        first = next(waiting, None)
        if first is None:
            return
        self.warm_up(first.assignment)
        self._wait_for_a_worker()
        self._give(first)
        more = True
        while True:
            while more and len(self._tasks) < _AHEAD * self._slots:
                submission = next(waiting, None)
                if submission is None:
                    more = False
                else:
                    self._give(submission)
            if not more and not self._tasks:
                return
            event = self._next_event()
            if isinstance(event, Report):
                self._note(event)
            elif isinstance(event, Gone):
                self._forget(event)
            elif (done := self._take(event)) is not None:
                yield done

    def _wait_for_a_worker(self) -> None:
        """Until one can grade. Raises ClusterError if all that there were have refused."""
        while not self._slots:
            event = self._next_event()
            if isinstance(event, Report):
                self._note(event)
            elif isinstance(event, Gone):
                self._forget(event)
                self._asked.discard(event.worker)
            if self._asked and self._asked <= set(self._workers) and not self._slots:
                raise ClusterError(f"No worker of the cluster can grade.\n{self._refusals()}")

    def _shipment(self, assignment: str) -> bytes:
        settings = dataclasses.replace(
            self._settings, secret=self._settings.secret or term_secret(self._course)
        )
        task = order(self._course, assignment, settings)
        bundle = Bundle.of(self._course, assignment)
        shared = self._cluster.shared_folder
        if shared is None:
            files: Any = bundle
        else:
            bundle.put(shared)
            files = shared, bundle.digest
        stripped = dataclasses.replace(task, course=portable(self._course, assignment))
        return pickle.dumps(Shipment(stripped, files))

    @property
    def _slots(self) -> int:
        return sum(worker.slots for worker in self._workers.values())

    def _next_event(self) -> _Done | Report | Gone:
        """The next thing that happens. Raises ClusterError if nobody can grade for as long as the cluster may take to
        bring up a worker.
        """
        if self._slots:
            return self._events.get()
        patience = self._alone_since + self._cluster.wait_s - time.monotonic()
        try:
            return self._events.get(timeout=max(0.0, patience))
        except queue.Empty:
            raise ClusterError(
                f"No worker of the cluster {self._cluster.address} could grade for {self._cluster.wait_s:g} s. Start "
                f"workers (`dask worker {self._cluster.address}`), or raise wait_s.\n{self._refusals()}".rstrip()
            ) from None

    def _note(self, report: Report) -> None:
        """A worker says whether it grades."""
        before = self._slots
        self._workers[report.worker] = report
        if report.refusal:
            _log.warning("Worker %s does not grade: %s", report.worker, report.refusal)
            self._watch_for_the_last(before)
        elif not before:  # tasks may be bound to workers that are gone
            for task in self._tasks.values():
                if task.restricted:
                    self._submit(task)

    def _forget(self, gone: Gone) -> None:
        before = self._slots
        lost = self._workers.pop(gone.worker, None)
        if lost is not None and lost.slots:
            _log.warning("Worker %s is gone; what it was grading is graded again.", gone.worker)
        self._watch_for_the_last(before)

    def _watch_for_the_last(self, before: int) -> None:
        if before and not self._slots:
            self._alone_since = time.monotonic()
            _log.warning("No worker can grade any more; waiting up to %g s for one.", self._cluster.wait_s)

    def _give(self, submission: Submission) -> None:
        self._given += 1
        task = self._tasks[self._given] = _Task(self._given, submission)
        self._submit(task)

    def _submit(self, task: _Task) -> None:
        """Give a task to the scheduler, in place of an earlier attempt if there was one."""
        assert self._client is not None
        if task.future is not None:
            self._client.cancel([task.future])
        task.attempt += 1
        unfit = any(report.refusal for report in self._workers.values())
        fit = [address for address, report in self._workers.items() if report.slots]
        task.restricted = unfit and bool(fit)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")  # a notebook with many pictures
            future = self._client.submit(
                grade_here,
                self._run,
                task.number,
                task.submission.model_dump_json().encode(),
                key=f"{self._run}-{task.number}-{task.attempt}",
                workers=fit if task.restricted else None,
                resources=self._resources or None,
                pure=False,
            )
        task.future = future
        self._announce(task)

    def _announce(self, task: _Task) -> None:
        assert task.future is not None
        done = _Done(task.number, task.attempt)
        task.future.add_done_callback(lambda _: self._events.put(done))

    def _take(self, done: _Done) -> tuple[Submission, Result] | None:
        """The result of a task; None if there is none yet."""
        task = self._tasks.get(done.number)
        if task is None or task.attempt != done.attempt:
            return None
        assert task.future is not None
        result: Result | None
        if task.future.status == "error":
            result = self._failure(task, task.future.exception())
        elif task.future.status == "cancelled":
            raise self._lost()
        elif task.future.status == "lost":  # its worker went away with the result
            self._submit(task)
            result = None
        else:
            result = self._result(task)
        if result is None:
            return None
        del self._tasks[task.number]
        return task.submission, result

    def _result(self, task: _Task) -> Result | None:
        assert task.future is not None
        try:
            kind, value = task.future.result(timeout=_FETCH_S)
        except TimeoutError:  # the network is slow, or its worker went away while the result was fetched
            if task.future.status == "lost":
                self._submit(task)
            else:
                self._announce(task)
            return None
        except (CancelledError, OSError) as error:
            raise self._lost() from error
        if kind == "stop":
            raise value
        if kind == "unfit":
            self._note(Report(*value))
            self._submit(task)
            return None
        return Grade.model_validate_json(value) if kind == "grade" else GradingFailure(value)

    def _failure(self, task: _Task, error: BaseException | None) -> GradingFailure | None:
        """What becomes of a task that did not come to an end: None if it was given to the scheduler again.

        The scheduler gives up on a task when workers were lost that had it, even if it was only waiting there; how
        often it was really started is counted apart.
        """
        assert self._client is not None
        if not isinstance(error, KilledWorker):
            return GradingFailure(f"The worker failed: {type(error).__name__}: {error}")
        starts = self._client.get_metadata([self._run, str(task.number)], default=0)
        if starts >= ATTEMPTS:
            return GradingFailure(f"{starts} workers were lost while they graded this submission.")
        self._submit(task)
        return None

    def _refusals(self) -> str:
        return "\n".join(
            f"  {report.worker}: {report.refusal}" for report in self._workers.values() if report.refusal
        )

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"The scheduler at {self._cluster.address} was lost. What is graded is kept; when it is back, run the same "
            "command again to go on."
        )
