"""The grader's end of ZeroMQ: the library on the other end, honest and hostile, and random bytes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupyter_client.session import DELIM, Session

from autograder.sandbox.channel import Channel, read
from autograder.sandbox.zmtp import Line

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
HEADER = json.dumps({"msg_id": "1", "msg_type": "status"}).encode()
MESSAGE = [b"topic", DELIM, b"signature", HEADER, b"{}", b"{}", b'{"execution_state": "idle"}']


@contextlib.contextmanager
def library(kind: int, path: Path) -> Iterator[zmq.Socket[bytes]]:
    context = zmq.Context()
    peer = context.socket(kind)
    peer.linger = 0
    peer.bind(f"ipc://{path}")
    try:
        yield peer
    finally:
        peer.close()
        context.term()


def receive(line: Line, timeout: float = 5.0) -> list[bytes]:
    async def one() -> list[bytes]:
        return await asyncio.wait_for(line.receive(), timeout)

    return asyncio.run(one())


def test_a_dealer_talks_with_the_library(tmp_path: Path) -> None:
    with library(zmq.ROUTER, tmp_path / "s") as peer:
        line = Line(str(tmp_path / "s"), "DEALER", b"me", most_bytes=10**7)
        line.send([b"question", b"x" * 1000, b""])
        asyncio.run(line.ready())
        assert peer.recv_multipart() == [b"me", b"question", b"x" * 1000, b""]
        for answer in ([b"short"], [b"", b"y" * 300], [b"z" * 3_000_000, b"end"]):
            peer.send_multipart([b"me", *answer])
            assert receive(line) == answer
        line.close()


def test_a_long_message_goes_out_while_the_answer_is_waited_for(tmp_path: Path) -> None:
    """More than the socket's buffer holds, to a peer that reads late."""
    with library(zmq.ROUTER, tmp_path / "s") as peer:
        line = Line(str(tmp_path / "s"), "DEALER", b"me", most_bytes=1000)
        line.send([b"q" * 20_000_000])
        received: list[list[bytes]] = []

        def answer() -> None:
            received.append(peer.recv_multipart())
            peer.send_multipart([b"me", b"got it"])

        thread = threading.Thread(target=answer)
        thread.start()
        assert receive(line) == [b"got it"]
        thread.join()
        assert len(received[0][1]) == 20_000_000
        line.close()


def test_a_subscriber_gets_everything(tmp_path: Path) -> None:
    with library(zmq.XPUB, tmp_path / "s") as peer:
        line = Line(str(tmp_path / "s"), "SUB", b"", most_bytes=10**6)
        asyncio.run(line.ready())
        assert peer.recv() == b"\x01"  # it has subscribed
        for number in range(50):
            peer.send_multipart([b"stream", str(number).encode()])
        assert [receive(line)[1] for _ in range(50)] == [str(number).encode() for number in range(50)]
        line.close()


@contextlib.contextmanager
def hostile(tmp_path: Path, kind: str = "SUB") -> Iterator[tuple[Line, socket.socket]]:
    """A line, and the raw socket of a peer that says what it likes."""
    with socket.socket(socket.AF_UNIX) as listener:
        path = tmp_path / "hostile"
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen()
        line = Line(str(path), kind, b"", most_bytes=10_000)  # type: ignore[arg-type]
        peer, _ = listener.accept()
        with peer:
            yield line, peer
        line.close()


def frame(body: bytes, flags: int = 0) -> bytes:
    return bytes([flags | 2]) + struct.pack(">Q", len(body)) + body


def test_messages_beyond_the_bounds_are_skipped_and_the_next_one_arrives(tmp_path: Path) -> None:
    with hostile(tmp_path) as (line, peer):
        peer.sendall(GREETING + frame(b"\x05READY", 4))
        peer.sendall(frame(b"x" * 10_001))
        peer.sendall(frame(b"x" * 6_000, 1) + frame(b"x" * 6_000))
        peer.sendall(b"".join(frame(b"", 1) for _ in range(100)) + frame(b"end"))
        peer.sendall(frame(b"a command", 4) + frame(b"x" * 10_000, 1)[:50])
        peer.sendall((b"x" * 10_000)[41:] + frame(b""))
        assert receive(line) == [b"x" * 10_000, b""]


def test_a_message_without_end_takes_no_memory(tmp_path: Path) -> None:
    with hostile(tmp_path) as (line, peer):

        def flood() -> None:
            part = frame(bytes(1_000_000), 1)
            with contextlib.suppress(OSError):
                peer.sendall(GREETING)
                for _ in range(60):
                    peer.sendall(part)
                peer.sendall(frame(b"") + frame(b"the next"))

        thread = threading.Thread(target=flood)
        thread.start()
        tracemalloc.start()
        try:
            assert receive(line) == [b"the next"]
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()
        thread.join()


def test_nothing_is_read_that_nobody_asked_for(tmp_path: Path) -> None:
    with hostile(tmp_path) as (_, peer):
        peer.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent < 50_000_000:
                sent += peer.send(bytes(100_000))
        assert sent < 5_000_000


def test_a_message_survives_being_waited_for_in_vain(tmp_path: Path) -> None:
    with hostile(tmp_path) as (line, peer):
        whole = GREETING + b"".join(frame(part, 1) for part in MESSAGE[:-1]) + frame(MESSAGE[-1])
        for cut in range(0, len(whole), 37):
            with pytest.raises(asyncio.TimeoutError):
                receive(line, 0.001)
            peer.sendall(whole[cut : cut + 37])
        assert receive(line) == MESSAGE


def test_a_peer_that_has_gone_is_silence(tmp_path: Path) -> None:
    with hostile(tmp_path) as (line, peer):
        peer.close()
        line.send([b"x" * 1000])
        channel = Channel(line, Session(key=b"k"))
        with pytest.raises(Empty):
            asyncio.run(channel.get_msg(timeout=0.01))


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.binary(max_size=40)
        | st.tuples(st.binary(max_size=40), st.integers(0, 7)).map(lambda drawn: frame(*drawn))
        | st.sampled_from(
            [b"\x02" + b"\xff" * 8, b"\x00\x00", b"\x01\xff", b"\x04\x00", b"\x06" + b"\0" * 8]
        ),
        max_size=12,
    )
)
def test_random_bytes_are_messages_or_silence(tmp_path: Path, pieces: list[bytes]) -> None:
    with hostile(tmp_path) as (line, peer):
        peer.sendall(GREETING + b"".join(pieces))
        with contextlib.suppress(asyncio.TimeoutError):
            while True:
                message = receive(line, 0.002)
                assert sum(map(len, message)) <= 10_000
                assert 0 < len(message) <= 64


def test_a_message_of_jupyter_is_read() -> None:
    message = read(MESSAGE)
    assert message is not None
    assert (message["msg_type"], message["msg_id"]) == ("status", "1")
    assert message["content"] == {"execution_state": "idle"}


@pytest.mark.parametrize(
    ("position", "frame_"),
    [
        (1, b"no delimiter"),
        (3, b"[]"),
        (3, b"{}"),
        (3, b'{"msg_type": 3}'),
        (4, b"null"),
        (5, b"\xff\xfe{}"),
        (6, b"[" * 100_000),
        (6, b'{"a": ' * 50_000),
        (6, b'{"a": ' + b"9" * 10_000 + b"}"),
        (6, b'{"a": [' + b"[]," * 200_000 + b"[]]}"),
        (6, b"{"),
        (6, b""),
    ],
)
def test_what_is_no_message_is_dropped(position: int, frame_: bytes) -> None:
    frames = list(MESSAGE)
    frames[position] = frame_
    assert read(frames) is None
    assert read(frames[:position]) is None


def test_the_channel_waits_for_one_that_makes_sense(tmp_path: Path) -> None:
    with hostile(tmp_path) as (line, peer):
        broken: list[Any] = [[b"x"], [DELIM], MESSAGE[:-1], [*MESSAGE[:-1], b"[]"]]
        peer.sendall(GREETING)
        for message in [*broken, MESSAGE]:
            peer.sendall(b"".join(frame(part, 1) for part in message[:-1]) + frame(message[-1]))
        found = asyncio.run(Channel(line, Session(key=b"k")).get_msg(timeout=5))
        assert found["content"] == {"execution_state": "idle"}
