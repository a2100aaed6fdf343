"""What runs inside Dask's workers: a plugin that keeps graders warm, and the task that hands them submissions.

A worker runs tasks in threads. Each thread's grading is done by a `Grader`, a process of its own: a student's session
that takes a grader down takes no worker down, and nothing of a grading stays in the worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import queue
import shutil
import tempfile
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker
from distributed.utils import sync

from autograder.running.bundle import Bundle
from autograder.running.engine_version import differences, engine_version
from autograder.running.grader import Answer, Grader, GraderEndedError, Order, UnfitError
from autograder.running.local import ATTEMPTS, lent_by
from autograder.sandbox import WarmParent, shared_parent

ENDED = "The run has ended."
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shipment:
    """An order with the files that it needs: as they are, or the shared folder and the digest that they have there."""

    order: Order
    files: Bundle | tuple[Path, str]

    def unpack(self, folder: Path) -> Order:
        """The order for the course in `folder`, an empty folder of this machine. Raises BundleError."""
        bundle = self.files if isinstance(self.files, Bundle) else Bundle.get(*self.files)
        return replace(self.order, course=bundle.unpack(folder, self.order.course))


class GraderPlugin(WorkerPlugin):
    """Keeps graders for one run. `shipment` is a pickled `Shipment`, opened only where the engine is the same;
    `resources` is what each grading takes of the worker's.
    """

    def __init__(
        self, run: str, engine: Mapping[str, str], resources: Mapping[str, float], shipment: bytes
    ) -> None:
        self.name = run
        self._engine = dict(engine)
        self._resources = dict(resources)
        self._shipment = shipment

    async def setup(self, worker: Worker) -> None:
        """Start the graders in the background; tasks that come before they are ready wait for them."""
        self.graders = _Graders(worker, self.name)
        self._starting = asyncio.create_task(self._start(worker))

    async def teardown(self, worker: Worker) -> None:
        """End the graders, also those at work, and remove the files."""
        await asyncio.to_thread(self.graders.end)
        await self._starting

    async def _start(self, worker: Worker) -> None:
        """Start the graders, and say on the run's topic how many there are or why there are none.

        Never raises: a worker that does not grade goes on with other people's work.
        """
        try:
            self._check(worker)
            await asyncio.to_thread(self.graders.start, self._shipment, self._slots(worker))
        except UnfitError as unfit:
            self.graders.refusal = str(unfit)
        except Exception:  # noqa: BLE001 - whatever is wrong with this machine is told where the run was started
            self.graders.refusal = traceback.format_exc(limit=-6)
        if self.graders.ended:  # torn down meanwhile: the run is over, or the same plugin came twice
            return
        if self.graders.refusal:
            _log.warning("%s does not grade here: %s", self.name, self.graders.refusal)
            await asyncio.to_thread(self.graders.end)
        self.graders.report()

    def _check(self, worker: Worker) -> None:
        unlike = differences(engine_version(), self._engine)
        if unlike:
            raise UnfitError(
                f"The engine is not the one that started the run: {'; '.join(unlike)}. Install the same versions on "
                "both sides."
            )
        for name, needed in self._resources.items():
            if worker.state.total_resources.get(name, 0) < needed:
                raise UnfitError(
                    f"It does not offer the resource {name}, of which a grading takes {needed:g}. If the machine has "
                    f'it, start the worker with --resources "{name}={needed:g}".'
                )

    def _slots(self, worker: Worker) -> int:
        """How many gradings can run at once."""
        by_resource = (
            int(worker.state.total_resources[name] // needed) for name, needed in self._resources.items()
        )
        return min((worker.state.nthreads, *by_resource))


class _Graders:
    """The graders of one run in one worker. `refusal` says why there are none; `ended`: there will be no more."""

    def __init__(self, worker: Worker, run: str) -> None:
        self.refusal = ""
        self.ended = False
        self._worker = worker
        self._run = run
        self._order: Order | None = None
        self._folder: Path | None = None
        self._parent: WarmParent | None = (
            None  # of all of them, and of the runs after this one: it knows no course
        )
        self._free: queue.SimpleQueue[Grader | None] = queue.SimpleQueue()  # None: there will be no more
        self._started: list[Grader] = []
        self._settled = threading.Event()  # it is known whether there are graders
        self._guard = threading.Lock()

    def start(self, shipment: bytes, slots: int) -> None:
        """Unpack the files and start `slots` graders; waits until they are warm. Raises UnfitError and whatever a
        machine may have against it.
        """
        opened: Shipment = pickle.loads(shipment)
        with self._guard:
            if self.ended:
                raise GraderEndedError(ENDED)
            self._folder = Path(tempfile.mkdtemp(prefix="autograder-", dir=self._worker.local_directory))
            self._order = opened.unpack(self._folder)
            self._parent = shared_parent(self._order.course.assignment(self._order.assignment).profile)
        self._parent.start()
        graders = [self._start() for _ in range(slots)]
        for grader in graders:
            grader.wait_until_ready()
            self._free.put(grader)

    def grade(self, number: int, submission: bytes) -> Answer:
        """Grade a submission; called in the worker's threads. `number` is what the run calls the submission.

        ("unfit", what `report` says) if this worker does not grade.
        """
        self._settled.wait()
        if self.refusal or self.ended:
            return self._unfit()
        starts: int = sync(self._worker.loop, self._count_start, number, 1)
        if starts > ATTEMPTS:
            return "failure", f"{starts - 1} workers were lost while they graded this submission."
        for _ in range(ATTEMPTS):
            grader = self._free.get()
            if grader is None:  # told to end, not lost: another worker takes it over
                with contextlib.suppress(OSError):
                    sync(self._worker.loop, self._count_start, number, -1)
                return self._unfit()
            try:
                grader.wait_until_ready()
                answer = grader.grade(submission)
            except GraderEndedError:
                self._replace(grader)
            except UnfitError as unfit:  # the machine has changed since it started
                self.refusal = str(unfit)
                self._free.put(None)
                self.report()
                return self._unfit()
            else:
                self._free.put(grader)
                return answer
        return "failure", f"{ATTEMPTS} graders ended on this submission."

    def report(self) -> None:
        """Tell whoever started the run whether, and how many times at once, this worker grades."""
        self._settled.set()
        slots = 0 if self.refusal else len(self._started)
        message = {"worker": self._worker.address, "slots": slots, "refusal": self.refusal}
        self._worker.log_event(self._run, message)

    def end(self) -> None:
        """End all graders at once, and with them their sandboxes; remove the files."""
        with self._guard:
            self.ended = True
            self._settled.set()
            for grader in self._started:
                grader.end()
            for _ in range(self._worker.state.nthreads):  # each may wait for a grader
                self._free.put(None)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _unfit(self) -> Answer:
        return "unfit", (self._worker.address, 0, self.refusal or ENDED)

    def _start(self) -> Grader:
        assert self._order is not None
        assert self._parent is not None
        with self._guard:
            if self.ended:
                raise GraderEndedError(ENDED)
            lent = lent_by(self._parent)
            grader = Grader(self._order, lent)
            if lent is not None:
                lent.close()
            self._started.append(grader)
        return grader

    def _replace(self, dead: Grader) -> None:
        dead.end()
        dead.close()
        with self._guard:
            self._started.remove(dead)
        with contextlib.suppress(GraderEndedError):  # the run has ended
            self._free.put(self._start())
            _log.warning("A grader ended; another takes its place.")

    async def _count_start(self, number: int, by: int) -> int:
        """How many times this submission has been started, this time included. The scheduler keeps the count, because a
        worker that is lost can tell nobody.
        """
        keys = [self._run, str(number)]
        starts: int = by + await self._worker.scheduler.get_metadata(keys=keys, default=0)
        await self._worker.scheduler.set_metadata(keys=keys, value=starts)
        return starts


def grade_here(run: str, number: int, submission: bytes) -> Answer:
    """The task: grade a submission (JSON) with the graders of `run` on the worker that this runs on."""
    worker = get_worker()
    plugin: Any = worker.plugins.get(run)
    if plugin is None:
        return "unfit", (worker.address, 0, ENDED)
    return plugin.graders.grade(number, submission)  # type: ignore[no-any-return]
