"""One notebook, run in a sandbox of its own and then ready to be questioned.

A session outlives its kernel: where a test's question killed the student's process, the next test gets a fresh one, in
which the notebook has been run again. Cells that broke a kernel are not run a second time.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time

from nbformat import NotebookNode

from autograder.course import Limits
from autograder.grading.allowance import SESSIONS, Allowance
from autograder.grading.cell_errors import run_cells_of
from autograder.grading.execution import CellRun, KernelLostError, SandboxClient, run_cells
from autograder.grading.ready import LoopThread, ReadyKernel, new_client, shut_down, start
from autograder.remote.client import Student
from autograder.remote.connection import Connection
from autograder.remote.errors import StudentDied
from autograder.sandbox import SandboxProvisioner, SandboxSpec, WarmParent

MAX_RESTARTS = 12
MAX_RENEWALS = 6  # each costs a run of the notebook


class StudentSession:
    """A notebook in a sandbox; use as a context manager.

    `notebook` is the restored hand-in; `session.notebook` afterwards holds the outputs of its first complete run.
    `prelude` is Python code of the grader that runs before the first cell. `ready` is a kernel of the same
    specification that was started ahead of time; the session's first start takes it. `allowance` bounds the session
    with all its restarts, together with the others of a grading that share it.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        spec: SandboxSpec,
        limits: Limits,
        warm: WarmParent,
        *,
        prelude: str = "",
        ready: ReadyKernel | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self.notebook = copy.deepcopy(notebook)
        self.run = CellRun()
        self.restarts = 0
        self.lost = False  # a kernel ended through no doing of the student's
        self.killed = False  # a kernel was killed: perhaps by its own code, perhaps by somebody else
        self.start_s = 0.0
        self.printed: list[str] = []
        # What tests have measured of it, in seconds. A reference keeps them from one grading to the next.
        self.times: dict[str, float] = {}
        self._spec = spec
        self._limits = limits
        self._warm = warm
        self._prelude = prelude
        self._allowance = allowance or Allowance(SESSIONS * spec.session_wall_s)
        self._spent_cpu_s = 0.0
        self._ready = ready
        self._loop = ready.loop if ready is not None else LoopThread()
        self._client: SandboxClient | None = None
        self._provisioner: SandboxProvisioner | None = None
        self._student: Student | None = None
        self._generation = 0
        self._renewed = 0
        self._ended = False  # by the grader

    def __enter__(self) -> StudentSession:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def student(self) -> Student:
        """The proxy to question; raises `StudentDied` when the process cannot be kept alive."""
        if self._ended:
            self._start()
        elif self._student is None or self._student.ended:
            self._restart()
        assert self._student is not None
        return self._student

    @property
    def generation(self) -> int:
        """Counts the processes that the notebook has been run in."""
        return self._generation

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all of the student's processes so far."""
        return self._spent_cpu_s + self._kernel_cpu_s()

    def note_end(self) -> None:
        """Find out whether the kernel has been ended by somebody else; `lost` and `killed` tell."""
        if self._provisioner is not None and not self._provisioner.process.alive():
            self.lost |= self._provisioner.lost
            self.killed |= self._provisioner.killed

    def close(self) -> None:
        self._stop_kernel()
        self._loop.close()

    def start_anew(self) -> bool:
        """Run the notebook in a new process, which no test has questioned yet; False where that was done often enough,
        or no time is left for it.

        `student` is another one afterwards. Raises `StudentDied` when the process cannot be kept alive.
        """
        if self._renewed >= MAX_RENEWALS or self._allowance.left_s <= 0:
            return False
        self._renewed += 1
        self._stop_kernel()
        self._start()
        return True

    def end(self) -> None:
        """End the process, with all that it still does. `student` is another one afterwards, in a new process."""
        self._stop_kernel()
        self._ended = True

    def _restart(self) -> None:
        if self.restarts >= MAX_RESTARTS:
            raise StudentDied(
                f"The Python process of this notebook died {self.restarts} times; it was not started again."
            )
        self._stop_kernel()
        self._expect_time_left()
        self.restarts += 1
        self._start()

    def _start(self) -> None:
        """Start a kernel and run the notebook in it, again without the offending cell for as long as one kills it."""
        self._ended = False
        self._allowance.begin()
        deadline = time.monotonic() + min(self._limits.notebook_s, self._allowance.left_s)
        while True:
            self._expect_time_left()
            attempt = copy.deepcopy(self.notebook) if self._generation else self.notebook
            try:
                self._loop.run(self._start_and_run(attempt, deadline))
            except KernelLostError as lost:
                self.run.poisonous[lost.index] = lost.sentence
                self.run.notices.append(
                    f"Cell {lost.index + 1}: {lost.sentence} The other cells were run without it."
                )
                self.notebook.cells[lost.index].outputs = attempt.cells[lost.index].outputs
                self._stop_kernel()
                if len(self.run.poisonous) > MAX_RESTARTS:
                    raise StudentDied("Too many cells of this notebook end the Python process.") from lost
                continue
            self._generation += 1
            return

    def _expect_time_left(self) -> None:
        if self._allowance.left_s <= 0:
            raise StudentDied(
                f"This notebook and the checks of its functions have taken more than the "
                f"{self._allowance.seconds:g} s that they may take in all; its Python process was not started again. "
                "Look for functions that wait, or that take very long."
            )

    async def _start_and_run(self, notebook: NotebookNode, deadline: float) -> None:
        started = time.monotonic()
        client = await self._started_client()
        client.nb = notebook
        self.start_s += time.monotonic() - started
        provisioner = client.sandbox
        assert provisioner.wire is not None
        self._provisioner = provisioner
        connection = Connection(provisioner.wire, provisioner.process)
        student = Student(connection, framework=self._spec.profile, call_s=self._limits.call_s)
        if self._prelude:
            student.run(self._prelude)
        ran = time.monotonic()
        await run_cells(
            client,
            self.run,
            cell_s=self._limits.cell_s,
            deadline=deadline,
            skip=frozenset(self.run.poisonous),
        )
        self.run.seconds = time.monotonic() - ran
        student.reconnect(connection, run_cells_of(notebook))
        self._student = student

    async def _started_client(self) -> SandboxClient:
        ready, self._ready = self._ready, None
        self._client = await ready.take() if ready is not None else None
        if self._client is None:
            self._client = new_client(self._spec_in_time(), self._warm)
            await start(self._client)
        return self._client

    def _spec_in_time(self) -> SandboxSpec:
        """With no more wall time than is left of the allowance, in whole seconds: it is told to students."""
        left_s = max(1, math.ceil(self._allowance.left_s))
        return dataclasses.replace(self._spec, wall_s=min(self._spec.session_wall_s, left_s))

    def _kernel_cpu_s(self) -> float:
        return self._provisioner.usage().cpu_s if self._provisioner is not None else 0.0

    def _stop_kernel(self) -> None:
        self.note_end()
        self._spent_cpu_s += self._kernel_cpu_s()
        client, self._client, self._student, self._provisioner = self._client, None, None, None
        if client is not None:
            self._loop.run(shut_down(client))
