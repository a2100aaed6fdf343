"""A real cluster for tests: a scheduler and workers in processes of their own, on this machine's loopback."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

PATIENCE_S = 120.0  # until a process that should say something is taken as broken


class DaskCluster:
    """A scheduler, and workers as they are asked for; all of them end at exit."""

    def __init__(self, folder: Path, *, scheme: str = "tcp", certificates: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._certificates = certificates
        self._processes: list[Said] = []
        self.scheduler = self._start(
            "dask_scheduler", "--host", f"{scheme}://127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"
        )
        self.address = self.scheduler.wait_for("Scheduler at:").split()[-1]

    def worker(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Said:
        """A worker of one thread, with a nanny that starts it again when it is killed; registered when this returns."""
        started = self._start(
            "dask_worker",
            self.address,
            "--nthreads=1",
            "--no-dashboard",
            "--local-directory",
            str(self.folder),
            *arguments,
            environment=environment,
        )
        started.wait_for("Registered to:")
        return started

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            process.end()

    def _start(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Said:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *self._certificates, *arguments]
        process = Said(command, {**os.environ, **(environment or {})})
        self._processes.append(process)
        return process


class Said:
    """A process, and the lines that it writes to stderr."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=dict(environment), stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.lines: list[str] = []
        self._new: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def wait_for(self, text: str) -> str:
        """The next line that contains `text`."""
        while text not in (line := self._new.get(timeout=PATIENCE_S)):
            assert line, "".join(self.lines)
        return line

    def children(self) -> list[psutil.Process]:
        """All processes below this one."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> None:
        if self.process.poll() is None:
            below: list[Any] = self.children()
            os.killpg(self.process.pid, signal.SIGKILL)
            for child in below:
                if child.is_running():
                    child.kill()
            self.process.wait()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            self._new.put(line)
        self._new.put("")
