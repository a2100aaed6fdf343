"""The grader's end of a kernel's ZeroMQ socket, in bounded memory: messages that are too large are skipped.

The library bounds neither the frames of a message nor the bytes that wait to be read, and it reads whether it is
asked to or not: a kernel could fill the grader's memory with one message that never ends. Here nothing is read
before somebody asks for a message, and the rest waits in the kernel's own process.

Source of the format: ZMTP 3.0, https://rfc.zeromq.org/spec/23/, with the NULL mechanism.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Generator, Sequence
from typing import Literal

_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
_MORE, _LONG, _COMMAND = 1, 2, 4
_CHUNK = 1 << 18
_SUBSCRIBE_TO_ALL = [b"\x01"]


class Line:
    """One connection to a listening Unix socket. Connected at once; the other end may take its time to answer.

    `most_bytes` and `most_frames` bound one message. A message beyond them is skipped as it arrives.
    """

    def __init__(
        self,
        path: str,
        kind: Literal["DEALER", "SUB"],
        identity: bytes,
        *,
        most_bytes: int,
        most_frames: int = 64,
    ) -> None:
        self._most_bytes = most_bytes
        self._most_frames = most_frames
        self._arrived = bytearray()
        self._parser = self._parse()
        self._next = next(self._parser)
        self._greeted = False  # the library takes no message before it has sent its own greeting
        self._leaving = bytearray(_GREETING + _ready(kind, identity))
        self._queued = bytearray()
        self._gone = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        if kind == "SUB":
            self.send(_SUBSCRIBE_TO_ALL)
        self._flush()

    def send(self, frames: Sequence[bytes]) -> None:
        """Send a message; what the other end does not take now goes out while something is waited for."""
        for position, frame in enumerate(frames, start=1):
            more = _MORE if position < len(frames) else 0
            self._queued += _header(more, len(frame)) + frame
        self._flush()

    async def ready(self) -> None:
        """Wait until the other end has answered the greeting, or has gone."""
        while not self._greeted and not self._gone:
            await self._arrive()
            self._parse_on()
        self._flush()

    async def receive(self) -> list[bytes]:
        """The next message that is within the bounds. Waits for ever if the other end has gone.

        May be cancelled at any moment; what has arrived of a message is kept for the next call.
        """
        while not self._parse_on():
            self._flush()
            await self._arrive()
        message, self._next = self._next, next(self._parser)
        assert isinstance(message, list)
        return message

    def close(self) -> None:
        self._socket.close()

    async def _arrive(self) -> None:
        """Wait for bytes to arrive, and take them in; for ever, where none will come."""
        if self._gone:
            await asyncio.get_running_loop().create_future()
        await self._wait()
        self._flush()
        try:
            arrived = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            arrived = b""
        self._gone = not arrived
        self._arrived += arrived

    def _parse_on(self) -> bool:
        """Go through what has arrived; whether a message stands ready."""
        while not isinstance(self._next, list):
            if self._next < 0:
                passed = min(-self._next, len(self._arrived))
                del self._arrived[:passed]
                self._next += passed
                if self._next < 0:
                    return False
            if len(self._arrived) < self._next:
                return False
            taken = bytes(self._arrived[: self._next])
            del self._arrived[: self._next]
            self._next = self._parser.send(taken)
        return True

    def _parse(self) -> Generator[int | list[bytes], bytes, None]:
        """Yields how many bytes it needs next; below zero, how many are to be dropped; or a whole message."""
        yield len(_GREETING)
        while True:
            frames: list[bytes] | None = []  # None: of a message that is not kept
            size, more = 0, True
            while more:
                flags = (yield 1)[0]
                self._greeted = True
                length = int.from_bytes((yield 8 if flags & _LONG else 1), "big")
                if flags & _COMMAND:
                    yield -length
                    continue
                more = bool(flags & _MORE)
                size += length
                if frames is not None and size <= self._most_bytes and len(frames) < self._most_frames:
                    frames.append((yield length))
                else:
                    frames = None
                    yield -length
            if frames is not None:
                yield frames

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()

        def go_on() -> None:
            if not ready.done():
                ready.set_result(None)

        number = self._socket.fileno()
        loop.add_reader(number, go_on)
        if self._leaving:
            loop.add_writer(number, go_on)
        try:
            await ready
        finally:
            if self._socket.fileno() == number:  # else it has been closed meanwhile, and may be another's
                loop.remove_reader(number)
                loop.remove_writer(number)

    def _flush(self) -> None:
        if self._greeted and self._queued:
            self._leaving += self._queued
            self._queued.clear()
        while self._leaving:
            try:
                sent = self._socket.send(self._leaving[:_CHUNK], socket.MSG_NOSIGNAL)
            except BlockingIOError:
                return
            except OSError:  # the other end has gone; that there are no answers says so
                self._leaving.clear()
                return
            del self._leaving[:sent]


def _ready(kind: str, identity: bytes) -> bytes:
    body = b"\x05READY"
    for name, value in ((b"Socket-Type", kind.encode()), (b"Identity", identity)):
        body += bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
    return _header(_COMMAND, len(body)) + body


def _header(flags: int, length: int) -> bytes:
    return struct.pack(">BB", flags, length) if length < 256 else struct.pack(">BQ", flags | _LONG, length)
