"""The grader's view of one running session: has it started, what does it use, why did it end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from autograder.sandbox import messages
from autograder.sandbox.limits import MEGABYTE
from autograder.sandbox.spec import SandboxError

_START_S = 60.0
_ANSWER_S = 5.0


@dataclass(frozen=True)
class Usage:
    """What a session has used: CPU seconds of all its processes, MB of memory now and at most, processes now."""

    cpu_s: float = 0.0
    memory_mb: float = 0.0
    processes: int = 0
    peak_memory_mb: float = 0.0
    peak_processes: int = 0


class LiveSession:
    """One session, through the process descriptor of its first process and its lifeline. Safe to share by
    threads.
    """

    def __init__(self, handle: int, lifeline: socket.socket, own_processes: bool) -> None:
        self._handle = handle
        self._lifeline = lifeline
        self._own_processes = own_processes  # a process namespace: killing its first process ends all
        self._lock = threading.RLock()
        self.asked_to_end = False
        self._seen: set[str] = set()
        self.usage_seen = Usage()
        self.why_it_ended: str | None = None
        self.lost = False
        self.killed = False
        self.exit_code: int | None = None

    def wait_until_started(self) -> None:
        """Return when the kernel is behind all its walls. Raises SandboxError with what went wrong."""
        self._read("started", _START_S)
        if "started" not in self._seen:
            self.end()
            self.close()
            raise SandboxError(
                f"The sandbox could not be made: {self.why_it_ended or 'it did not start in time'}"
            )

    def has_ended(self) -> bool:
        """Whether it is over; sets `exit_code`, `why_it_ended`, `lost`, and `killed`: by SIGKILL, but not by us."""
        with self._lock:
            if self.exit_code is not None:
                return True
            if not _readable(self._handle, 0.0):
                self._read(None, 0.0)
                return False
            self._read("exit", 0.2)
            if not self.asked_to_end:
                self._note_loss()
            if self.exit_code is None:
                self.exit_code = -signal.SIGKILL
            return True

    def has_gone(self) -> bool:
        """Whether no process is left. A session may have told of its end while Linux still ends its last ones."""
        return self._handle < 0 or _readable(self._handle, 0.0)

    def fileno(self) -> int:
        """A descriptor that becomes readable when the session has ended."""
        return self._handle

    def usage(self) -> Usage:
        """As of now; after the end, as of then."""
        with self._lock:
            if not self.has_ended() and self._tell({"op": "usage"}):
                self._seen.discard("usage")
                self._read("usage", _ANSWER_S)
            return self.usage_seen

    def begin(self) -> None:
        """Let its wall time count from now: it was forked before there was anything for it to run."""
        self._tell({"op": "begin"})

    def keep_to(self, cores: Collection[int]) -> None:
        """Let its processes run on these cores of the machine, and no others; returns when they do."""
        with self._lock:
            if not self.has_ended() and self._tell({"op": "cores", "cores": sorted(cores)}):
                self._seen.discard("cores")
                self._read("cores", _ANSWER_S)

    def signal_kernel(self, number: int) -> None:
        self._tell({"op": "signal", "number": number})

    def end(self) -> None:
        """End every process of the session; does not wait."""
        with self._lock:
            if self.exit_code is not None:
                return
            if _hung_up(self._lifeline.fileno()):  # its first process has ended before we ask for it
                self._read(None, 0.0)  # what it said last, if it said anything
                self._note_loss()
            self.asked_to_end = True
            self._tell({"op": "end"})
            if self._own_processes:
                self.kill_first_process()

    def kill_first_process(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def close(self) -> None:
        with self._lock:
            self.end()
            self._lifeline.close()
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1
            if self.exit_code is None:
                self.exit_code = -signal.SIGKILL

    def _note_loss(self) -> None:
        if "exit" not in self._seen:
            self.lost = True
            self.why_it_ended = (
                self.why_it_ended or "it was killed from outside, or this machine ran out of memory"
            )

    def _tell(self, message: dict[str, Any]) -> bool:
        try:
            self._lifeline.settimeout(_ANSWER_S)
            messages.send(self._lifeline, message)
        except OSError:
            return False
        return True

    def _read(self, until: str | None, timeout_s: float) -> None:
        """Take in events: all that are there, or until one of a kind has come, or time or the session is
        over.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            while _readable(self._lifeline.fileno(), max(0.0, deadline - time.monotonic())):
                try:
                    message, fds = messages.receive(self._lifeline)
                except (EOFError, OSError):
                    return
                for fd in fds:
                    os.close(fd)
                self._take(message)
                if until is not None and until in self._seen:
                    return

    def _take(self, message: dict[str, Any]) -> None:
        event = message["event"]
        self._seen.add(event)
        if "use" in message:
            use = message["use"]
            self.usage_seen = Usage(
                cpu_s=use["cpu_s"],
                memory_mb=use["memory"] / MEGABYTE,
                processes=use["processes"],
                peak_memory_mb=use["peak_memory"] / MEGABYTE,
                peak_processes=use["peak_processes"],
            )
        if event == "failed":
            self.why_it_ended, self.lost = message["error"], True
        elif event == "exit" and "failed" not in self._seen and not self.asked_to_end:
            self.exit_code = message["code"] if message["code"] is not None else -signal.SIGKILL
            self.killed = message["reason"] is None and self.exit_code == -signal.SIGKILL
            self.why_it_ended = message["reason"] or _of_itself(self.exit_code)


class SessionProcess:
    """A session as `autograder.remote.connection.Process` wants it: questions that never raise."""

    def __init__(self, session: LiveSession) -> None:
        self._session = session

    def usage(self) -> float:
        """CPU seconds of all its processes until now, or until it ended."""
        return self._session.usage().cpu_s

    def alive(self) -> bool:
        return not self._session.has_ended()

    def interrupt(self) -> None:
        self._session.signal_kernel(signal.SIGINT)

    def kill(self) -> None:
        self._session.end()

    def keep_to(self, cores: Collection[int]) -> None:
        self._session.keep_to(cores)

    def why_it_ended(self) -> str | None:
        """The end of the sentence "the notebook's process ended: ", or None. Waits a moment for its end."""
        _readable(self._session.fileno(), 1.0)
        return self._session.why_it_ended if self._session.has_ended() else None


def _of_itself(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by signal {signal.Signals(-code).name}"
    return f"it ended itself with exit code {code}"


def _readable(fd: int, timeout_s: float) -> bool:
    if fd < 0:
        return False
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))


def _hung_up(fd: int) -> bool:
    if fd < 0:
        return False
    poll = select.poll()
    poll.register(fd, 0)  # a hang-up is always reported
    return any(event & select.POLLHUP for _, event in poll.poll(0))
