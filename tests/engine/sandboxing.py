"""Running cells in a sandbox and looking at what came of it, for the tests of the sandbox."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from autograder.course import Limits
from autograder.sandbox import SandboxProvisioner, SandboxSpec, Usage, kernel_manager, shared_parent


@dataclass
class Ran:
    """What a notebook did: text of each cell's outputs, errors as `ename: evalue`."""

    texts: list[str] = field(default_factory=list)
    error: str = ""
    why: str | None = None
    lost: bool = False
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def needs_full_isolation() -> None:
    """Skip where this machine cannot isolate fully: what is to be shown cannot be shown here."""
    missing = {name: reason for name, reason in shared_parent("tensorflow").layers.items() if reason}
    if missing:
        pytest.skip(f"this machine lacks layers of isolation: {missing}")


def limits(**changed: Any) -> Limits:
    return Limits(**{"notebook_s": 60.0, "cell_s": 30.0, "cpu_s": 60.0, "scratch_mb": 64, **changed})


@contextlib.contextmanager
def sandbox(
    spec: SandboxSpec | None = None, timeout: int = 60
) -> Iterator[tuple[NotebookClient, SandboxProvisioner]]:
    """A running sandbox: its client and its provisioner."""
    notebook = nbformat.v4.new_notebook()
    manager = kernel_manager(spec or SandboxSpec(limits=limits()))
    client = NotebookClient(notebook, km=manager, timeout=timeout)
    with client.setup_kernel(cleanup_kc=True):
        yield client, manager.provisioner


def run_cell(client: NotebookClient, source: str) -> str:
    """The text that a cell printed, and its value. Raises what nbclient raises."""
    cell = nbformat.v4.new_code_cell(source)
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1)
    return text_of(cell)


def text_of(cell: Any) -> str:
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append(f"{output.ename}: {output.evalue}")
        else:
            parts.append(output.data.get("text/plain", ""))
    return "".join(parts)


def run(*cells: str, spec: SandboxSpec | None = None, timeout: int = 60) -> Ran:
    """Run cells in a new sandbox until one raises or the kernel dies."""
    ran = Ran()
    with sandbox(spec, timeout) as (client, provisioner):
        try:
            for source in cells:
                ran.texts.append(run_cell(client, source))
        except CellExecutionError as error:
            ran.error = f"{error.ename}: {error.evalue}"
        except (DeadKernelError, CellTimeoutError) as error:
            ran.error = type(error).__name__
        ran.usage = provisioner.usage()
        ran.why, ran.lost = provisioner.why_it_ended, provisioner.lost
    return ran
