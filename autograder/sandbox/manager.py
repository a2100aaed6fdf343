"""Kernel managers and clients for sandboxes: bounded messages, no waiting where nothing is to be waited for.

Whatever comes out of a student's kernel is hostile: a message that is too large ends the connection, one that
cannot be read is dropped, nothing is evaluated.
"""

from __future__ import annotations

import time
from importlib.metadata import EntryPoint
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from traitlets import Type, default

from autograder.sandbox.kernelspecs import PROVISIONER, kernel_json
from autograder.sandbox.parent import WarmParent, shared_parent
from autograder.sandbox.spec import SandboxSpec

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
_MAX_WAITING_MESSAGES = 1000


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


class _Channel(AsyncZMQSocketChannel):
    """Drops what is not a message: wrong signature, broken or too deeply nested JSON, missing parts."""

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                message = await super().get_msg(left)
            except Empty:
                raise
            except (ValueError, TypeError, KeyError, IndexError, RecursionError, AttributeError):
                continue
            if _makes_sense(message):
                return message


def _makes_sense(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and all(
            isinstance(message.get(part), dict) for part in ("header", "parent_header", "metadata", "content")
        )
        and isinstance(message["header"].get("msg_type"), str)
    )


class SandboxKernelClient(AsyncKernelClient):
    """A client with bounded messages that is ready as soon as the kernel is."""

    shell_channel_class = Type(_Channel)
    iopub_channel_class = Type(_Channel)
    stdin_channel_class = Type(_Channel)
    control_channel_class = Type(_Channel)

    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True
        return _bounded_context()

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """As usual, without the heartbeat: the manager knows at once when a sandbox has ended."""
        super().start_channels(shell=shell, iopub=iopub, stdin=stdin, hb=False, control=control)

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both channels. Raises RuntimeError if it dies first or takes too
        long.
        """
        deadline = time.monotonic() + (timeout if timeout is not None else 60.0)
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

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True
        return _bounded_context()

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


def _bounded_context() -> zmq.asyncio.Context:
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)  # a larger message ends the connection
    context.setsockopt(zmq.RCVHWM, _MAX_WAITING_MESSAGES)
    return context
