"""The first process of a session: watches the limits, waits for orphans, answers the grader, and ends
everything.

The student cannot reach it: signals from inside do not touch the first process of a process namespace, it
cannot be traced, and it runs nothing of theirs. When it ends, Linux ends every process of the session with
it.

To the grader, on the lifeline: {"event": "started"}, {"event": "usage", …}, {"event": "exit", "reason",
"code", …}, {"event": "cores"} (they are kept to them). From the grader: {"op": "usage"}, {"op": "signal", "number"},
{"op": "begin"} (its wall time counts from now), {"op": "cores", "cores"} (from now its processes run on these),
{"op": "end"}; a closed lifeline means the same as "end".
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time

from autograder.sandbox import messages
from autograder.sandbox.watchdog import Watchdog, children

_INTERVAL_S = 0.2
_ROUNDS = 10  # a thread may start another before it is kept to its cores; not without end


def run(kernel: int, lifeline: socket.socket, watchdog: Watchdog, enforce: bool, private: bool) -> None:
    """Supervise until the kernel ends, a limit is passed, or the grader goes. `private`: own process
    namespace.
    """
    handle = os.pidfd_open(kernel)
    reason: str | None = None
    code: int | None = None
    due = time.monotonic()
    while reason is None and code is None:
        wait_s = max(0.0, due - time.monotonic())
        readable, _, _ = select.select([lifeline.fileno(), handle], [], [], wait_s)
        if lifeline.fileno() in readable and not _answer(lifeline, kernel, watchdog):
            reason = "ended by the grader"
            break
        if handle not in readable and time.monotonic() < due:
            continue  # questions come far more often than limits need to be looked at
        due = time.monotonic() + _INTERVAL_S
        watchdog.measure()
        if enforce:
            reason = watchdog.exceeded()
        code = _reap(kernel)
    with contextlib.suppress(ProcessLookupError):
        os.kill(kernel, signal.SIGKILL)
    if not private:
        _end_descendants()
    message = {"event": "exit", "reason": reason, "code": code, "use": watchdog.use.as_message()}
    with contextlib.suppress(OSError):
        messages.send(lifeline, message)


def _answer(lifeline: socket.socket, kernel: int, watchdog: Watchdog) -> bool:
    try:
        message, fds = messages.receive(lifeline)
    except (EOFError, OSError):
        return False
    for fd in fds:
        os.close(fd)
    if message["op"] == "end":
        return False
    if message["op"] == "signal":
        with contextlib.suppress(ProcessLookupError):
            os.kill(kernel, message["number"])
        return True
    if message["op"] == "begin":
        watchdog.begin()
        return True
    if message["op"] == "cores":
        _keep_to(watchdog, message["cores"])
        with contextlib.suppress(OSError):
            messages.send(lifeline, {"event": "cores"})
        return True
    with contextlib.suppress(OSError):
        messages.send(lifeline, {"event": "usage", "use": watchdog.measure().as_message()})
    return True


def _keep_to(watchdog: Watchdog, cores: list[int]) -> None:
    kept: set[int] = set()
    for _ in range(_ROUNDS):
        threads = {thread for pid in watchdog.processes() for thread in _threads(pid)}
        if threads <= kept:
            return
        for thread in threads - kept:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(thread, cores)
        kept |= threads


def _threads(pid: int) -> list[int]:
    with contextlib.suppress(OSError):  # it has ended meanwhile
        return [int(thread) for thread in os.listdir(f"/proc/{pid}/task")]
    return []


def _reap(kernel: int) -> int | None:
    """Wait for whatever has ended; the kernel's exit code if it is among them (negative: killed by that
    signal).
    """
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == kernel:
            code = os.waitstatus_to_exitcode(status)


def _end_descendants() -> None:
    """Without a process namespace: this process is made the parent of all orphans, so it can find them."""
    while True:
        for pid in children(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return
