"""Jupyter messages over a bounded line: what is none is dropped, as are those that would take far more memory than
their text.
"""

from __future__ import annotations

import asyncio
import json
from queue import Empty
from typing import Any

from jupyter_client.session import DELIM, Session

from autograder.sandbox.zmtp import Line

_PARTS = ("header", "parent_header", "metadata", "content")
_MOST_CONTAINERS = (
    100_000  # lists and objects of a message; in memory each takes thirty times its two characters
)
_MOST_VALUES = 2_000_000


class Channel:
    """One channel of a kernel, as nbclient uses it. Signatures are not checked: student code has the key, too."""

    def __init__(self, line: Line, session: Session) -> None:
        self._line = line
        self._session = session

    def send(self, message: dict[str, Any]) -> None:
        self._line.send(self._session.serialize(message))

    async def ready(self) -> None:
        """Wait until the kernel is connected."""
        await self._line.ready()

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message that makes sense. Raises `queue.Empty` when none has come within `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    message = read(await self._line.receive())
                    if message is not None:
                        return message
        except TimeoutError:
            raise Empty from None

    def start(self) -> None:
        """It is connected from the beginning."""

    def stop(self) -> None:
        self._line.close()

    def is_alive(self) -> bool:
        return True


def read(frames: list[bytes]) -> dict[str, Any] | None:
    """The message that these frames are, or None if they are none that makes sense."""
    try:
        first = frames.index(DELIM) + 2  # after the signature
        parts = {name: _json(frames[first + i]) for i, name in enumerate(_PARTS)}
    except (ValueError, IndexError, RecursionError):
        return None
    if not all(isinstance(part, dict) for part in parts.values()):
        return None
    kind = parts["header"].get("msg_type")
    if not isinstance(kind, str):
        return None
    return {**parts, "msg_id": parts["header"].get("msg_id"), "msg_type": kind, "buffers": []}


def _json(frame: bytes) -> Any:
    """Raises ValueError for what is no JSON, or too many values; RecursionError for what is nested too deeply."""
    if frame.count(b"[") + frame.count(b"{") > _MOST_CONTAINERS or frame.count(b",") > _MOST_VALUES:
        raise ValueError("more values than a message of a notebook has")
    return json.loads(frame)
