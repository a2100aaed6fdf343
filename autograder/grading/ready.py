"""A kernel that is started ahead of time, while the grading before it is being finished.

It is forked from the warm parent and behind all its walls like any other, and has run nothing. One session takes it,
and it ends with that session: no two submissions ever share one.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from nbclient.util import ensure_async
from nbformat.v4 import new_notebook

from autograder.grading.execution import SandboxClient
from autograder.sandbox import SandboxError, SandboxSpec, WarmParent, kernel_manager

T = TypeVar("T")


class ReadyKernel:
    """A kernel of `spec`, started in the background; `close` it if no session takes it."""

    def __init__(self, spec: SandboxSpec, warm: WarmParent) -> None:
        self.spec = spec
        self.loop = LoopThread()
        self._client = new_client(spec, warm)
        self._start = self.loop.begin(start(self._client))

    async def take(self) -> SandboxClient | None:
        """The client of the kernel, to be called in `loop`; None if the kernel is gone, or never came."""
        with contextlib.suppress(SandboxError):  # starting it anew will tell
            await asyncio.wrap_future(self._start)
            if await self._client.sandbox.poll() is None:
                self._client.sandbox.begin()
                return self._client
        await shut_down(self._client)
        return None

    def close(self) -> None:
        """End the kernel that nobody needs."""
        self.loop.run(self._end())
        self.loop.close()

    async def _end(self) -> None:
        with contextlib.suppress(SandboxError):
            await asyncio.wrap_future(self._start)
        await shut_down(self._client)


def new_client(spec: SandboxSpec, warm: WarmParent) -> SandboxClient:
    """A client for a kernel that is not started yet. Its notebook is empty; whoever runs one sets it."""
    return SandboxClient(new_notebook(), kernel_manager(spec, warm), output_kb=spec.limits.output_kb)


async def start(client: SandboxClient) -> None:
    """Start the kernel and connect to it. Raises SandboxError, also where the kernel has ended meanwhile: nothing of a
    student's has run in it yet.
    """
    try:
        await client.async_start_new_kernel()
        await client.async_start_new_kernel_client()
    except (RuntimeError, OSError) as error:
        raise SandboxError(f"A sandbox's kernel did not start: {error}") from error


async def shut_down(client: SandboxClient) -> None:
    """End the kernel, also one that has ended itself: its sockets stay."""
    if client.kc is not None:
        client.kc.stop_channels()
    if client.km is not None and client.km.provisioner is not None:
        await ensure_async(client.km.shutdown_kernel(now=True))


class LoopThread:
    """An event loop in a thread of its own, so that a session works from synchronous code and inside a running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="student-session", daemon=True)
        self._thread.start()

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.begin(coroutine).result()

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        if not self._loop.is_closed():
            self._loop.close()
