"""Kernel managers and clients for sandboxes: bounded messages, no waiting where nothing is to be waited for.

Whatever comes out of a student's kernel is hostile: a message that is too large or makes no sense is dropped,
nothing is read that nobody asked for, nothing is evaluated.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from importlib.metadata import EntryPoint
from queue import Empty
from typing import Any, Literal

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from traitlets import Type

from autograder.sandbox.channel import Channel
from autograder.sandbox.kernelspecs import PROVISIONER, kernel_json
from autograder.sandbox.parent import WarmParent, shared_parent
from autograder.sandbox.spec import SandboxSpec
from autograder.sandbox.zmtp import Line

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
_CONNECT_S = 10.0


def kernel_manager(spec: SandboxSpec, warm: WarmParent | None = None) -> SandboxKernelManager:
    """A manager whose kernel, once started, is a sandbox of `spec`; `.provisioner` then is its
    SandboxProvisioner.

        client = NotebookClient(notebook, km=kernel_manager(SandboxSpec()))

    Without `warm`, this process's shared warm parent of the profile is used.
    """
    factory = KernelProvisionerFactory.instance()
    target = "autograder.sandbox.provisioner:SandboxProvisioner"
    factory.provisioners.setdefault(PROVISIONER, EntryPoint(PROVISIONER, target, factory.GROUP_NAME))
    specs = _OneKernelSpec(spec, warm or shared_parent(spec.profile))
    return SandboxKernelManager(kernel_name=f"autograder-{spec.profile}", kernel_spec_manager=specs)


class _OneKernelSpec(KernelSpecManager):
    """Knows one kernelspec, which carries the specification and the warm parent as they are."""

    def __init__(self, spec: SandboxSpec, warm: WarmParent) -> None:
        super().__init__()
        self._content = kernel_json(spec.profile)
        self._content["metadata"]["kernel_provisioner"]["config"] = {"spec": spec, "warm": warm}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir="", **self._content)


class SandboxKernelClient(AsyncKernelClient):
    """A client with bounded channels that is ready as soon as the kernel is.

    It has no heartbeat: the manager knows at once when a sandbox has ended. Nor does it listen where a graded
    kernel has nothing to say (stdin, control).
    """

    _channels: dict[str, Channel]

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = False,
        hb: bool = False,
        control: bool = False,
    ) -> None:
        """Connect to the kernel. Raises OSError if it has gone."""
        self.allow_stdin = False
        self.stop_channels()
        self._channels = {"shell": self._connect("shell", "DEALER"), "iopub": self._connect("iopub", "SUB")}

    def stop_channels(self) -> None:
        for channel in self.__dict__.pop("_channels", {}).values():
            channel.stop()

    @property
    def channels_running(self) -> bool:
        return "_channels" in self.__dict__

    @property
    def shell_channel(self) -> Channel:
        return self._channels["shell"]

    @property
    def iopub_channel(self) -> Channel:
        return self._channels["iopub"]

    def _connect(self, name: str, kind: Literal["DEALER", "SUB"]) -> Channel:
        path = self._make_url(name).removeprefix("ipc://")
        return Channel(Line(path, kind, self.session.bsession, most_bytes=MAX_MESSAGE_BYTES), self.session)

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both channels. Raises RuntimeError if it dies first or takes too
        long.
        """
        deadline = time.monotonic() + (timeout if timeout is not None else 60.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CONNECT_S):
                await self.shell_channel.ready()
                await self.iopub_channel.ready()
        while time.monotonic() < deadline:
            asked = self.kernel_info()
            try:
                reply = await _until(self.shell_channel, "kernel_info_reply", asked, 1.0)
                await _until(self.iopub_channel, "status", asked, 0.1, execution_state="idle")
            except Empty:
                if not await self._async_is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
                continue
            self._handle_kernel_info_reply(reply)
            return
        raise RuntimeError("The kernel did not answer in time")

    wait_for_ready = _async_wait_for_ready


async def _until(channel: Any, kind: str, parent: str, seconds: float, **content: Any) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Empty
        message: dict[str, Any] = await channel.get_msg(timeout=left)
        if (
            message["header"]["msg_type"] == kind
            and message["parent_header"].get("msg_id") == parent
            and all(message["content"].get(name) == value for name, value in content.items())
        ):
            return message


class SandboxKernelManager(AsyncKernelManager):
    """Starts and ends sandboxes. An end is always immediate: a student's process has nothing worth saving."""

    client_factory = Type(SandboxKernelClient)

    def _connect_control_socket(self) -> None:
        """Nothing is said on it: an interrupt is a signal, an end is the sandbox's."""

    async def _async_kill_kernel(self, restart: bool = False) -> None:
        if self.provisioner is not None:
            await self.provisioner.kill(restart=restart)
            await self.provisioner.wait()

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        if not self.owns_kernel:
            return
        self.shutting_down = True
        await self._async_kill_kernel(restart=restart)
        await self._async_cleanup_resources(restart=restart)

    shutdown_kernel = _async_shutdown_kernel
