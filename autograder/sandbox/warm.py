"""The warm parent: a process that has imported a profile and forks one session for each request.

It is started with a clean environment and one inherited descriptor, the control socket, and holds no secret.
It stays single-threaded, never runs an operation of the profile's library, and lives in a process namespace
of its own: when it ends, every session ends with it. It ends when the grader closes the control socket, or
dies.

Requests: {"op": "fork", "request": …} with the descriptors listening × 5, wire, lifeline; the answer carries
a process descriptor of the session. {"op": "ping"} is answered with {"event": "pong"}.
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
from typing import Any, NoReturn

from autograder.sandbox import messages, namespaces, profiles, seccomp, session


def main(control_fd: int, profile: str, folder: str, caches: str) -> NoReturn:
    """Serve until the grader goes. `folder` is its private one, removed then; `caches` is for matplotlib's
    font list.
    """
    control = socket.socket(fileno=control_fd)
    own_pid_namespace = namespaces.enter_own_pid_namespace()
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
    gc.collect()
    gc.freeze()
    messages.send(control, {"event": "ready", "layers": available})
    try:
        _serve(control, own_pid_namespace)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def _serve(control: socket.socket, own_pid_namespace: int | None) -> None:
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        readable, _, _ = select.select([control.fileno(), wake_read], [], [])
        if wake_read in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_read, 4096)
            _reap()
        if control.fileno() in readable:
            try:
                message, fds = messages.receive(control)
            except (EOFError, OSError):
                return
            if message["op"] == "ping":
                messages.send(control, {"event": "pong"})
            else:
                _fork(control, message["request"], fds, own_pid_namespace)
                for fd in fds:
                    os.close(fd)


def _fork(control: socket.socket, request: dict[str, Any], fds: list[int], own: int | None) -> None:
    try:
        child = namespaces.fork(request["layers"], own)
    except OSError as error:
        messages.send(control, {"event": "failed", "error": f"fork: {error}"})
        return
    if child == 0:
        signal.set_wakeup_fd(-1)
        control.detach()  # closed by number in the session; no object may close it again later
        session.start(request, fds)  # never returns
    handle = os.pidfd_open(child)
    messages.send(control, {"event": "forked"}, (handle,))
    os.close(handle)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
