"""Frames on a connected AF_UNIX stream socket: a question with a fresh id, and the answer that repeats it.

    4 bytes "agw1" | 16 bytes id of the question | u64 length | message (see `encoding`)

The grader's end (`Line`) never blocks past what its caller allows and trusts nothing that arrives. The
student's end (`read_question`, `write_answer`) is plain blocking code: whatever it does wrong is that
session's own loss.
"""

from __future__ import annotations

import secrets
import select
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograder.remote.encoding import Part, aligned_bytes

MAX_QUESTION = 512 * 2**20
_MAGIC = b"agw1"
_HEADER = struct.Struct("<4s16sQ")
_SLICE_S = 0.05  # how often the caller of a waiting `Line` is asked whether to go on: at first, and
_LONGEST_SLICE_S = 0.25  # when it has waited for seconds
_GROWTH = 1.1
_CHUNK = 2**20


class LineBroken(Exception):
    """What arrived is not the answer to the question that was asked. The session cannot be used any more."""


class LineClosed(Exception):
    """The other end is gone."""


@dataclass
class Line:
    """The grader's end. `go_on` is called again and again while it waits, first after 50 ms, and may raise to give up.

    A line that raised anything in `ask` or `answer` must not be used again; `Connection` sees to that.
    """

    sock: socket.socket

    def __post_init__(self) -> None:
        self.sock.setblocking(False)

    def ask(self, parts: Sequence[Part], go_on: Callable[[], None]) -> bytes:
        """Send a question; returns the id that its answer must repeat. Bytes that came unasked break the
        line."""
        self._expect_silence()
        question = secrets.token_bytes(16)
        length = sum(len(part) for part in parts)
        if length > MAX_QUESTION:
            raise ValueError(f"a question of {length} bytes is longer than the {MAX_QUESTION} allowed")
        for part in _joined([_HEADER.pack(_MAGIC, question, length), *parts]):
            self._send(part, go_on)
        return question

    def wait(self, go_on: Callable[[], None]) -> None:
        """Return when the first bytes of an answer are there; `go_on` may give up without harm to the
        line."""
        slice_s = _SLICE_S
        while not self._wait(select.POLLIN, go_on, slice_s):
            slice_s = min(_GROWTH * slice_s, _LONGEST_SLICE_S)

    def answer(self, question: bytes, limit: int, go_on: Callable[[], None]) -> memoryview:
        """Receive the message that answers `question`, of at most `limit` bytes, in memory of its own."""
        header = bytearray(_HEADER.size)
        self._receive(memoryview(header), go_on)
        magic, repeated, length = _HEADER.unpack(header)
        if magic != _MAGIC or not secrets.compare_digest(repeated, question):
            raise LineBroken("the answer belongs to no question that was asked")
        if length > limit:
            raise LineBroken(f"the answer claims {length} bytes, more than the {limit} allowed")
        body = aligned_bytes(length)  # untouched memory costs nothing until bytes arrive in it
        self._receive(body, go_on)
        return body

    def close(self) -> None:
        self.sock.close()

    def _expect_silence(self) -> None:
        try:
            unasked = self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError as error:
            raise LineClosed from error
        if not unasked:
            raise LineClosed
        raise LineBroken("an answer arrived before its question was asked")

    def _send(self, part: memoryview, go_on: Callable[[], None]) -> None:
        sent = 0
        while sent < len(part):
            try:
                sent += self.sock.send(part[sent : sent + _CHUNK], socket.MSG_NOSIGNAL)
                continue
            except BlockingIOError:
                pass
            except OSError as error:
                raise LineClosed from error
            self._wait(select.POLLOUT, go_on)

    def _receive(self, into: memoryview, go_on: Callable[[], None]) -> None:
        received = 0
        while received < len(into):
            try:
                count = self.sock.recv_into(into[received : received + _CHUNK])
            except BlockingIOError:
                self._wait(select.POLLIN, go_on)
                continue
            except OSError as error:
                raise LineClosed from error
            if not count:
                raise LineClosed
            received += count
            go_on()  # a trickle of bytes must not keep the caller from looking at its clock

    def _wait(self, event: int, go_on: Callable[[], None], slice_s: float = _SLICE_S) -> bool:
        poll = select.poll()
        poll.register(self.sock, event)
        if poll.poll(slice_s * 1000):
            return True
        go_on()
        return False


def read_question(sock: socket.socket) -> tuple[bytes, memoryview]:
    """The id and the message of the next question; blocks. Raises `LineClosed` when the grader is gone."""
    magic, question, length = _HEADER.unpack(_read(sock, _HEADER.size))
    if magic != _MAGIC or length > MAX_QUESTION:
        raise LineBroken("this is not a question")
    return question, _read(sock, length)


def write_answer(sock: socket.socket, question: bytes, parts: Sequence[Part]) -> None:
    """Send the message `parts` as the answer to `question`; blocks."""
    length = sum(len(part) for part in parts)
    for part in _joined([_HEADER.pack(_MAGIC, question, length), *parts]):
        sock.sendall(part)


def _read(sock: socket.socket, length: int) -> memoryview:
    body = aligned_bytes(length)
    received = 0
    while received < length:
        count = sock.recv_into(body[received:])
        if not count:
            raise LineClosed
        received += count
    return body


def _joined(parts: Sequence[Part], small: int = 2**16) -> list[memoryview]:
    """The same bytes with small neighbours put together: one system call each, no copy of what is large."""
    joined: list[memoryview] = []
    pending = bytearray()
    for part in parts:
        if len(part) < small:
            pending += part
            continue
        if pending:
            joined.append(memoryview(pending))
            pending = bytearray()
        joined.append(memoryview(part))
    if pending:
        joined.append(memoryview(pending))
    return joined
