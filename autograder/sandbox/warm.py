"""The warm parent: a process that has imported a profile and forks one session for each request.

It is started with a clean environment and one inherited descriptor, the control socket, and holds no secret.
It stays single-threaded, never runs an operation of the profile's library, and lives in a process namespace
of its own: when it ends, every session ends with it. It ends when the grader closes the control socket, or
dies.

Several graders may share it: the one that started it hands out further control sockets. A grader that goes takes its
own sessions with it, and leaves the others theirs.

Requests: {"op": "fork", "request": …} with the descriptors listening × 5, wire, lifeline; the answer carries
a process descriptor of the session. {"op": "ping"} is answered with {"event": "pong"}. {"op": "folder", "folder": …}
names the grader's private folder, removed when it goes. {"op": "join"}, from the first grader alone, with the control
socket of another one, which is told {"event": "ready", …}.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import shutil
import signal
import socket
import traceback
from dataclasses import dataclass, field
from typing import Any, NoReturn

from autograder.sandbox import messages, namespaces, profiles, seccomp, session


@dataclass
class _Grader:
    """One grader's end: its control socket, its private folder, and the first processes of its sessions."""

    control: socket.socket
    folder: str = ""
    sessions: set[int] = field(default_factory=set)  # those with a process namespace of their own

    def leave(self) -> None:
        """It has gone. Its sessions end with their first processes; others see their lifelines closed."""
        for first_process in self.sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(first_process, signal.SIGKILL)
        self.control.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def main(control_fd: int, profile: str, folder: str, caches: str) -> NoReturn:
    """Serve until the grader that started this process goes. `folder` is its private one, removed then; `caches` is
    for matplotlib's font list.
    """
    control = socket.socket(fileno=control_fd)
    own_pid_namespace = namespaces.enter_own_pid_namespace()
    gc.disable()  # nothing that is imported is garbage: looking for some takes a quarter of the time
    try:
        available = namespaces.try_layers()
        os.environ["MPLCONFIGDIR"] = caches
        profiles.load(profile)
        if not available["seccomp"]:
            seccomp.prepare()
    except BaseException:  # noqa: BLE001 - whatever stops the import of a library is told to the grader
        with contextlib.suppress(OSError):
            messages.send(control, {"event": "failed", "error": traceback.format_exc(limit=-8)[-8000:]})
        os._exit(1)
    gc.freeze()
    gc.enable()
    messages.send(control, {"event": "ready", "layers": available})
    graders = {control.fileno(): _Grader(control, folder)}
    try:
        _serve(graders, control.fileno(), available, own_pid_namespace)
    finally:
        for grader in graders.values():
            grader.leave()
        os._exit(0)


def _serve(graders: dict[int, _Grader], first: int, layers: dict[str, str], own: int | None) -> None:
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while first in graders:
        readable, _, _ = select.select([*graders, wake_read], [], [])
        if wake_read in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_read, 4096)
            _reap(graders)
        for fd in readable:
            if fd in graders and not _answer(fd, graders, first, layers, own):
                graders.pop(fd).leave()


def _answer(
    fd: int, graders: dict[int, _Grader], first: int, layers: dict[str, str], own: int | None
) -> bool:
    """Do what the grader asks for; False if it has gone."""
    grader = graders[fd]
    try:
        message, fds = messages.receive(grader.control)
        match message["op"]:
            case "ping":
                messages.send(grader.control, {"event": "pong"})
            case "folder":
                grader.folder = message["folder"]
            case "join" if fd == first:
                joined = socket.socket(fileno=fds.pop())
                graders[joined.fileno()] = _Grader(joined)
                with contextlib.suppress(OSError):  # it has gone already; reading from it will tell
                    messages.send(joined, {"event": "ready", "layers": layers})
            case "fork":
                _fork(graders, grader, message["request"], fds, own)
        for received in fds:
            os.close(received)
    except (EOFError, OSError):
        return False
    return True


def _fork(
    graders: dict[int, _Grader], grader: _Grader, request: dict[str, Any], fds: list[int], own: int | None
) -> None:
    try:
        child = namespaces.fork(request["layers"], own)
    except OSError as error:
        messages.send(grader.control, {"event": "failed", "error": f"fork: {error}"})
        return
    if child == 0:
        signal.set_wakeup_fd(-1)
        for each in graders.values():
            each.control.detach()  # closed by number in the session; no object may close it again later
        session.start(request, fds)  # never returns
    if "pid" in request["layers"]:
        grader.sessions.add(child)
    handle = os.pidfd_open(child)
    messages.send(grader.control, {"event": "forked"}, (handle,))
    os.close(handle)


def _reap(graders: dict[int, _Grader]) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            child, _ = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            for grader in graders.values():
                grader.sessions.discard(child)
