"""Runs the cells of a notebook in a sandboxed kernel, one after another, with nbclient.

The kernel is not trusted: it may raise, hang, die, flood, or send messages that make no sense. None of that
ends the run.
A cell that does one of these gets an error output which says so, and the following cells run all the same, in a fresh
kernel where the old one is gone.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder import notebooks
from autograder.grading.outputs import OUTPUT_KINDS, Outputs, execution_count
from autograder.sandbox import SandboxProvisioner

_INTERRUPT_GRACE_S = 2.0


@dataclass
class CellRun:
    """What running the cells found out: which cells broke the kernel, and what to tell the student."""

    poisonous: dict[int, str] = field(default_factory=dict)  # cell index -> what it did to the kernel
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0


class KernelLostError(Exception):
    """The kernel is gone or unusable after the cell `index`; `sentence` says why."""

    def __init__(self, index: int, sentence: str) -> None:
        super().__init__(sentence)
        self.index = index
        self.sentence = sentence


async def run_cells(
    client: SandboxClient, run: CellRun, *, cell_s: float, deadline: float, skip: Iterable[int] = ()
) -> None:
    """Run the code cells of `client.nb` in order; cells tagged `experiment` and those in `skip` are left out.

    `cell_s` bounds one cell (wall seconds), `deadline` (`time.monotonic()`) the whole. Raises
    `KernelLostError` when the kernel did not survive a cell.
    """
    skipped = set(skip)
    for cell in client.nb.cells:
        if cell.cell_type == "code" and not notebooks.is_experiment(cell):
            cell.execution_count = None  # a saved one would be taken for one of this run
    for index, cell in enumerate(client.nb.cells):
        if cell.cell_type != "code" or index in skipped or not cell.source.strip():
            continue
        if notebooks.is_experiment(cell):
            continue
        left = deadline - time.monotonic()
        if left <= 0:
            run.notices.append(
                f"The notebook as a whole ran out of time before cell {index + 1}; the cells from there "
                "on were not run. "
                f"Tag cells that train for long with `{notebooks.EXPERIMENT}`: they are not run when grading."
            )
            return
        if await _run_cell(client, cell, index, min(cell_s, left)):
            run.notices.append(
                f"Cell {index + 1} was stopped after {min(cell_s, left):.0f} s; the cells after it were run."
            )


async def _run_cell(client: SandboxClient, cell: NotebookNode, index: int, seconds: float) -> bool:
    """Run one cell; whether it had to be stopped."""
    try:
        return await _execute(client, cell, index, seconds)
    finally:
        client.outputs.finish(cell)


async def _execute(client: SandboxClient, cell: NotebookNode, index: int, seconds: float) -> bool:
    running = asyncio.ensure_future(client.async_execute_cell(cell, index))
    await asyncio.wait({running}, timeout=seconds)
    stopped = not running.done()
    if stopped:
        await client.interrupt()
        await asyncio.wait({running}, timeout=_INTERRUPT_GRACE_S)
    if not running.done():
        running.cancel()
        await asyncio.wait({running})
        _lose(
            client,
            cell,
            index,
            "Timeout",
            f"This cell ran for more than {seconds:.0f} s and could not be interrupted.",
        )
    failure = running.exception()
    if isinstance(failure, DeadKernelError):
        _lose(
            client,
            cell,
            index,
            "KernelDied",
            f"The Python process ended while this cell ran{client.why_it_ended()}.",
        )
    if isinstance(failure, Exception):  # a hostile kernel can make nbclient raise anything
        name = type(failure).__name__
        _lose(
            client,
            cell,
            index,
            "KernelMessage",
            f"The Python process sent messages that make no sense ({name}).",
        )
    if failure is not None:
        raise failure
    if stopped:
        _append_error(cell, "Timeout", f"This cell was stopped after {seconds:.0f} s.")
    return stopped


def _lose(client: SandboxClient, cell: NotebookNode, index: int, name: str, sentence: str) -> NoReturn:
    _append_error(cell, name, sentence)
    raise KernelLostError(index, sentence)


def _append_error(cell: NotebookNode, name: str, sentence: str) -> None:
    cell.outputs = [
        *cell.get("outputs", []),
        new_output("error", ename=name, evalue=sentence, traceback=[sentence]),
    ]


class SandboxClient(NotebookClient):
    """An nbclient that distrusts its kernel: what it sends is taken for outputs by `Outputs`, or dropped."""

    def __init__(self, nb: NotebookNode, km: Any, *, output_kb: int) -> None:
        super().__init__(
            nb=nb,
            km=km,
            allow_errors=True,
            timeout=None,
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=False,  # `Outputs` does it, in time that grows with the text and not with its square
            skip_cells_with_tag=notebooks.EXPERIMENT,
            iopub_timeout=2,
            startup_timeout=60,
        )
        self.outputs = Outputs(output_kb * 1024)

    @property
    def sandbox(self) -> SandboxProvisioner:
        """The sandbox of the kernel, once it is started."""
        assert self.km is not None
        provisioner = self.km.provisioner
        assert isinstance(provisioner, SandboxProvisioner)
        return provisioner

    async def interrupt(self) -> None:
        """SIGINT to the kernel: KeyboardInterrupt in the cell that runs. Nothing, if it has ended meanwhile."""
        if self.km is not None and self.km.provisioner is not None:
            await self.km.provisioner.send_signal(signal.SIGINT)

    def why_it_ended(self) -> str:
        """` (memory limit exceeded)`, or nothing where the reason is not known."""
        reason = getattr(self.km.provisioner, "why_it_ended", None) if self.km else None
        return f" ({reason})" if reason else ""

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> None:
        """Take one message. Comm messages, stdin requests and whatever else has no place in a graded notebook
        are dropped."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "status":
            if content.get("execution_state") == "idle":
                raise CellExecutionComplete
        elif kind == "execute_input":
            cell["execution_count"] = execution_count(content)
        elif kind == "clear_output" or kind in OUTPUT_KINDS:
            self.outputs.take(kind, content, cell)
