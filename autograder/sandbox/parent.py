"""The grader's end of a warm parent: start it, ask it for sessions, replace it when it has died."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import autograder
from autograder.sandbox import messages
from autograder.sandbox.gpus import driver_path
from autograder.sandbox.live import LiveSession
from autograder.sandbox.names import FIRST_SESSION_ID, LAYERS, NOT_REQUIRED, SESSION_IDS
from autograder.sandbox.profiles import ENVIRONMENT
from autograder.sandbox.root import shows
from autograder.sandbox.spec import IsolationError, SandboxError, SandboxSpec

_START_S = 180.0
_FORK_S = 30.0
_PREFIX = "autograder-"
_DAY_S = 86_400
_LONGEST_SOCKET_PATH = 90  # of the 107 bytes that Linux allows, the rest is for the session's part

# Run by a bare interpreter; where the package lies comes over the socket, so that no command line shows a
# path.
_BOOT = """
import json, socket, sys
c = socket.socket(fileno={fd})
o = json.loads(c.recv(65536))
sys.path.insert(0, o["package"])
from autograder.sandbox import warm
import autograder.sandbox.profiles
sys.path.remove(o["package"])
warm.main(c.detach(), o["profile"], o["folder"], o["caches"])
"""


class WarmParent:
    """A process with a profile imported, from which sessions are forked. A context manager; safe to share by
    threads.

        with WarmParent("tensorflow") as warm:
            manager = kernel_manager(SandboxSpec(), warm)

    It starts when entered, or with the first session; the imports run meanwhile. When it has died, the next
    session starts another. Closing it ends all its sessions.

    Several processes can share one: `WarmParent(profile, joined=socket)`, with a socket that another process's `lend()`
    gave, forks its sessions from that one's process. Closing it ends its own sessions only; when the other process
    closes the parent, or dies, all end.
    """

    def __init__(self, profile: str = "tensorflow", joined: socket.socket | None = None) -> None:
        self.profile = profile
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._layers: dict[str, str] | None = None
        self._folder: Path | None = None
        self._sessions = 0
        self._owner = os.getpid()
        if joined is not None:
            self._join(joined)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Launch the process if there is none; does not wait for its imports."""
        with self._lock:
            if self._is_mine() and self._is_there():
                return
            self._discard()
            self._owner = os.getpid()
            self._launch()

    def lend(self) -> socket.socket:
        """A socket for another process's `WarmParent`; start there before closing it here. Raises OSError if the
        process has just died.
        """
        with self._lock:
            self.start()
            assert self._control is not None
            ours, theirs = messages.pair()
            with theirs:
                messages.send(self._control, {"op": "join"}, (theirs.fileno(),))
            return ours

    @property
    def layers(self) -> Mapping[str, str]:
        """Every layer of isolation: "" where this machine grants it, else the reason. Waits for the imports."""
        with self._lock:
            self._wait_until_ready()
            assert self._layers is not None
            return self._layers

    def layers_for(self, spec: SandboxSpec) -> tuple[str, ...]:
        """The layers that a session of this specification gets. Raises IsolationError where it asks for more."""
        missing = {
            name: reason for name, reason in self.layers.items() if reason and name not in spec.layers_off
        }
        refused = {name: reason for name, reason in missing.items() if name not in NOT_REQUIRED}
        if refused and spec.isolation == "full":
            listed = "; ".join(f"{name} ({reason})" for name, reason in refused.items())
            raise IsolationError(
                f"This machine cannot isolate student code fully. Missing: {listed}. Run `autograder doctor` "
                "to see what that costs and what brings it, or accept it with --isolation=weak."
            )
        return tuple(name for name in LAYERS if name not in missing and name not in spec.layers_off)

    def session_prefix(self) -> str:
        """A path prefix in the private folder, not used before; short enough for the name of a socket."""
        with self._lock:
            self.start()
            self._sessions += 1
            return f"{self._folder}/{self._sessions}"

    def fork(self, spec: SandboxSpec, key: str, prefix: str, fds: tuple[int, ...]) -> LiveSession:
        """Fork a session. `fds`: the five listening sockets and the wire; `key`: the kernel's message key.

        A warm parent that died is replaced once. Raises SandboxError, IsolationError.
        """
        with self._lock:
            for attempt in (1, 2):
                try:
                    return self._fork(spec, key, prefix, fds)
                except (OSError, EOFError) as error:
                    self._discard()
                    if attempt == 2:
                        raise SandboxError(
                            f"The warm parent of profile {self.profile} died twice: {error}"
                        ) from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the process and with it every session; remove the private folder."""
        with self._lock:
            self._discard()

    def _fork(self, spec: SandboxSpec, key: str, prefix: str, fds: tuple[int, ...]) -> LiveSession:
        layers = self.layers_for(spec)
        request = {
            **spec.as_request(),
            "layers": layers,
            "key": key,
            "plain_home": f"{prefix}.home",
            "session_id": FIRST_SESSION_ID + secrets.randbelow(SESSION_IDS),
        }
        assert self._control is not None
        ours, theirs = messages.pair()
        try:
            with theirs:
                message = {"op": "fork", "request": request}
                messages.send(self._control, message, (*fds, theirs.fileno()))
            self._control.settimeout(_FORK_S)
            answer, received = messages.receive(self._control)
        except BaseException:
            ours.close()
            raise
        if answer["event"] != "forked":
            ours.close()
            raise SandboxError(f"The sandbox could not be made: {answer.get('error')}")
        return LiveSession(received[0], ours, own_processes="pid" in layers)

    def _launch(self) -> None:
        self._folder = self._folder or _private_folder()
        ours, theirs = messages.pair()
        with theirs:
            boot = _BOOT.format(fd=theirs.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-c", boot],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C in a terminal is the grader's to handle
            )
        self._control, self._layers = ours, None
        package = str(Path(autograder.__file__).resolve().parents[1])
        options = {
            "package": package,
            "profile": self.profile,
            "folder": str(self._folder),
            "caches": _caches(),
        }
        messages.send(ours, options)
        atexit.register(self.close)

    def _join(self, control: socket.socket) -> None:
        self._folder = _private_folder()
        self._control = control
        atexit.register(self.close)
        with contextlib.suppress(OSError):  # it has died; whoever waits until it is ready will find out
            messages.send(control, {"op": "folder", "folder": str(self._folder)})

    def _wait_until_ready(self) -> None:
        self.start()
        if self._layers is not None:
            return
        assert self._control is not None
        self._control.settimeout(_START_S)
        joined = self._process is None
        try:
            message, _ = messages.receive(self._control)
        except (EOFError, OSError) as error:
            self._discard()
            if joined:  # the process that it was lent from has gone: one of its own, then
                self._wait_until_ready()
                return
            raise SandboxError(
                f"The warm parent of profile {self.profile} ended while it started "
                f"({type(error).__name__}: {error}); too little memory is the usual cause"
            ) from error
        if message["event"] != "ready":
            self._discard()
            raise SandboxError(
                f"The warm parent could not import profile {self.profile}:\n{message.get('error')}"
            )
        self._layers = message["layers"]

    def _is_there(self) -> bool:
        """A process of its own that runs, or one that was joined and has not hung up."""
        if self._process is not None:
            return self._process.poll() is None
        if self._control is None:
            return False
        poll = select.poll()
        poll.register(self._control, 0)  # reports a hang-up all the same
        return not poll.poll(0)

    def _is_mine(self) -> bool:
        """Not if this process is a fork of the one that started it: that one goes on using it."""
        return self._owner == os.getpid()

    def _discard(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if not self._is_mine():
            self._process, self._layers, self._folder = None, None, None
            return
        if self._process is not None:
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        atexit.unregister(self.close)
        self._layers = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


_shared: dict[str, WarmParent] = {}
_shared_lock = threading.Lock()


def shared_parent(profile: str) -> WarmParent:
    """This process's warm parent of a profile; started with its first session, closed when the process exits."""
    with _shared_lock:
        return _shared.setdefault(profile, WarmParent(profile))


def _environment() -> dict[str, str]:
    """Nothing of the grader's, but where a GPU's driver lies if the system does not know: a library is looked for
    where the process was told at its start."""
    folders = [folder for folder in driver_path().split(os.pathsep) if folder and shows(folder)]
    return {**ENVIRONMENT, "LD_LIBRARY_PATH": os.pathsep.join(folders)} if folders else ENVIRONMENT


def _private_folder() -> Path:
    """Where the sockets of the sessions are bound: readable by the grader's user only, with a short path."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
        if len(str(folder)) <= _LONGEST_SOCKET_PATH:
            return folder
        folder.rmdir()
    raise AssertionError("the path of a folder in /tmp is short")


def _sweep(parent: Path) -> None:
    """Remove what is left of a grader that was killed together with its warm parent, more than a day ago."""
    for folder in parent.glob(f"{_PREFIX}*-*"):
        process = folder.name.removeprefix(_PREFIX).partition("-")[0]
        try:
            status = folder.lstat()
        except FileNotFoundError:
            continue
        old = time.time() - status.st_mtime > _DAY_S
        if old and status.st_uid == os.getuid() and process.isdigit() and not Path("/proc", process).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _caches() -> str:
    """Where matplotlib keeps its list of fonts between runs, so that it is made once."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / "autograder" / "matplotlib"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return tempfile.gettempdir()
    return str(folder)
