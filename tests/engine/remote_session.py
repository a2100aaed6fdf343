"""A student's end of the wire in a plain process of its own, without a sandbox, for the tests of
`autograder.remote`.

Run as a script it is that process: a namespace filled from the cells it is given, a fake shell, an event
loop.
"""

from __future__ import annotations

import asyncio
import json
import linecache
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil

from autograder.remote import server
from autograder.remote.client import Student
from autograder.remote.connection import Connection
from autograder.remote.disclosure import Cell
from autograder.remote.encoding import Limits


class PlainProcess:
    """What a sandbox does for a session, with psutil."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.watched = psutil.Process(process.pid)
        self.killed = False
        self.spent = 0.0

    def usage(self) -> float:
        try:
            times = self.watched.cpu_times()
        except psutil.NoSuchProcess:
            return self.spent
        self.spent = max(self.spent, times.user + times.system)
        return self.spent

    def alive(self) -> bool:
        return self.process.poll() is None

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self.killed = True
        self.process.kill()
        self.process.wait()

    def keep_to(self, cores: Collection[int]) -> None:
        self.watched.cpu_affinity(sorted(cores))

    def why_it_ended(self) -> str | None:
        return f"it exited with code {self.process.wait(timeout=5)}"


@contextmanager
def session(
    folder: Path, *cells: str, limits: Limits | None = None, grace_s: float = 2.0, **options: Any
) -> Iterator[Student]:
    """A student whose notebook consists of `cells`, named c1, c2, …; `student.process` is its process."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.PIPE,
        cwd=folder,
    )
    theirs.close()
    assert process.stdin is not None
    process.stdin.write(json.dumps(cells).encode())
    process.stdin.close()
    plain = PlainProcess(process)
    connection = Connection(ours, plain, limits, grace_s)
    named = [Cell(number, f"c{number}", text) for number, text in enumerate(cells, 1)]
    student = Student(connection, cells=named, **options)
    student.process = plain
    try:
        with student.budget(60.0):
            student._ask("start", {"op": "nothing"})
        yield student
    finally:
        plain.kill()
        ours.close()


def run_cells(cells: Sequence[str], shell: Any) -> None:
    for number, text in enumerate(cells, 1):
        name = f"/tmp/cell_{number}.py"
        shell.compile._filename_map[name] = number
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), shell.user_ns)


def main() -> None:
    cells = json.load(sys.stdin)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as ipykernel does outside of cells
    names: dict[str, Any] = {"__name__": "__main__", "WIRE": int(sys.argv[1])}
    shell = SimpleNamespace(user_ns=names, compile=SimpleNamespace(_filename_map={}))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server.install(int(sys.argv[1]), shell)
    os.set_inheritable(int(sys.argv[1]), False)
    run_cells(cells, shell)
    loop.run_forever()


if __name__ == "__main__":
    main()
