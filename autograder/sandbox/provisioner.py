"""The Jupyter kernel provisioner: to any Jupyter client, a sandbox is a kernel like another.

    {"kernel_provisioner": {"provisioner_name": "autograder-sandbox", "config": {"profile": "tensorflow"}}}

in a kernelspec's metadata gives a sandbox with default limits from this process's shared warm parent;
`manager.kernel_manager(spec, warm)` gives one of a specification.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Any as AnyTrait
from traitlets import Unicode

from autograder.sandbox.live import LiveSession, SessionProcess, Usage
from autograder.sandbox.names import CHANNELS
from autograder.sandbox.parent import shared_parent
from autograder.sandbox.spec import SandboxSpec

_END_S = 10.0


class SandboxProvisioner(KernelProvisionerBase):
    """One sandboxed kernel. `wire` is the grader's end of the session's wire."""

    profile = Unicode("tensorflow")
    spec = AnyTrait()
    warm = AnyTrait()

    wire: socket.socket | None = None

    _session: LiveSession | None = None
    _prefix = ""

    @property
    def why_it_ended(self) -> str | None:
        """The limit that was passed, or how the process ended itself; None while it runs, or if the grader
        ended it.
        """
        return self._session.why_it_ended if self._session else None

    @property
    def lost(self) -> bool:
        """It ended through no doing of the student's code: the grading is worth another try."""
        return self._session.lost if self._session else False

    @property
    def killed(self) -> bool:
        """Its kernel was ended by SIGKILL for no limit that we know: by its own code, by Linux for want of memory, or
        by somebody on this machine.
        """
        return self._session.killed if self._session else False

    @property
    def process(self) -> SessionProcess:
        """The running session, for `autograder.remote`'s Connection."""
        assert self._session is not None, "start the kernel first"
        return SessionProcess(self._session)

    def usage(self) -> Usage:
        """What the session has used until now; after its end, what it had used then."""
        return self._session.usage() if self._session else Usage()

    def begin(self) -> None:
        """Let the session's wall time count from now, if it waited for something to run."""
        if self._session is not None:
            self._session.begin()

    @property
    def has_process(self) -> bool:
        return self._session is not None and self._session.exit_code is None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.spec = self.spec or SandboxSpec(profile=self.profile)  # type: ignore[arg-type]
        self.warm = self.warm or shared_parent(self.spec.profile)
        kwargs.pop("extra_arguments", None)
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Bind the sockets, fork, wait until the kernel is behind all its walls. Raises SandboxError."""
        self._close()
        manager: Any = self.parent
        await asyncio.to_thread(self._launch, manager.session.key.decode())
        manager.transport, manager.ip = "ipc", self._prefix
        manager.connection_file = f"{self._prefix}.json"  # never written
        for port, channel in enumerate(CHANNELS, start=1):
            setattr(manager, f"{channel}_port", port)
        self.connection_info = manager.get_connection_info()
        return self.connection_info

    async def poll(self) -> int | None:
        if self._session is None:
            return 0
        return self._session.exit_code if self._session.has_ended() else None

    async def wait(self) -> int | None:
        session = self._session
        if session is not None and not session.has_gone():
            loop, ended = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(session.fileno(), ended.set)
            try:
                ending = session.asked_to_end or session.exit_code is not None
                await asyncio.wait_for(ended.wait(), _END_S if ending else None)
            except TimeoutError:
                session.kill_first_process()
            finally:
                loop.remove_reader(session.fileno())
        return await self.poll()

    async def send_signal(self, signum: int) -> None:
        """Send to the kernel process; signal 0 asks nothing of it."""
        if self._session is not None and signum == signal.SIGKILL:
            self._session.end()
        elif self._session is not None and signum != 0:
            self._session.signal_kernel(signum)

    async def kill(self, restart: bool = False) -> None:
        """End every process of the session."""
        if self._session is not None:
            self._session.end()

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart=restart)

    async def cleanup(self, restart: bool = False) -> None:
        await self.kill()
        await self.wait()
        self._close()

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        return min(recommended, 1.0)  # there is nothing in a sandbox that would be worth waiting for

    def _launch(self, key: str) -> None:
        self._prefix = self.warm.session_prefix()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        listeners: list[socket.socket] = []
        try:
            for port in range(1, len(CHANNELS) + 1):
                listeners.append(_listen(f"{self._prefix}-{port}"))
            fds = (*(each.fileno() for each in listeners), theirs.fileno())
            session = self.warm.fork(self.spec, key, self._prefix, fds)
            session.wait_until_started()
        except BaseException:
            ours.close()
            self._close()
            raise
        finally:
            theirs.close()
            for each in listeners:
                each.close()
        self._session, self.wire = session, ours

    def _close(self) -> None:
        if self.wire is not None:
            self.wire.close()
            self.wire = None
        if self._session is not None:
            self._session.close()
        if self._prefix:
            for port in range(1, len(CHANNELS) + 1):
                Path(f"{self._prefix}-{port}").unlink(missing_ok=True)
            shutil.rmtree(f"{self._prefix}.home", ignore_errors=True)


def _listen(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(16)
    listener.setblocking(False)
    return listener
