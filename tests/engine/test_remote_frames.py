"""Frames: the grader's end of the socket against a peer that does what it wants."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.remote.frames import Line, LineBroken, LineClosed, read_question, write_answer


class GaveUp(Exception):
    pass


def after(looks: int) -> object:
    """A `go_on` that gives up when it has been asked so many times."""
    asked = itertools.count(1)

    def go_on() -> None:
        if next(asked) >= looks:
            raise GaveUp

    return go_on


def patient() -> None:
    pass


@pytest.fixture
def pair() -> Iterator[tuple[Line, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield Line(ours), theirs
    ours.close()
    theirs.close()


def test_a_question_and_its_answer(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    for text in (b"", b"x", b"more"):
        question = line.ask([text], patient)
        asked, message = read_question(peer)
        assert (asked, bytes(message)) == (question, text)
        write_answer(peer, asked, [b"answer to ", text])
        assert bytes(line.answer(question, 100, patient)) == b"answer to " + text


def test_large_frames_pass_in_both_directions(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    large = bytes(5 * 2**20)

    def answer() -> None:
        question, message = read_question(peer)
        write_answer(peer, question, [message, b"end"])

    thread = threading.Thread(target=answer)
    thread.start()
    question = line.ask([b"head", large], patient)
    assert len(line.answer(question, 2**23, patient)) == len(large) + 7
    thread.join()


def test_every_question_has_an_id_of_its_own(pair: tuple[Line, socket.socket]) -> None:
    line, _ = pair
    assert len({line.ask([], patient) for _ in range(100)}) == 100


def test_an_answer_before_the_question(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    write_answer(peer, bytes(16), [b"early"])
    with pytest.raises(LineBroken, match="before its question"):
        line.ask([b"question"], patient)


@pytest.mark.parametrize("forged", ["early", "replayed"])
def test_whoever_matches_no_answers_takes_a_forged_one(pair: tuple[Line, socket.socket], forged: str) -> None:
    """Why answers repeat an id: a reader that takes the next message for the answer is told what was written first."""
    line, peer = pair
    if forged == "early":
        write_answer(peer, bytes(16), [b"full points"])
    else:
        first = line.ask([b"first"], patient)
        write_answer(peer, first, [b"full points"])
        write_answer(peer, first, [b"full points"])
        line.answer(first, 100, patient)
    credulous = line.sock.recv(100)
    assert credulous.endswith(b"full points")


def test_a_replayed_answer(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    first = line.ask([b"first"], patient)
    write_answer(peer, first, [b"yes"])
    line.answer(first, 100, patient)
    second = line.ask([b"second"], patient)
    write_answer(peer, first, [b"yes"])
    with pytest.raises(LineBroken, match="no question that was asked"):
        line.answer(second, 100, patient)


def test_a_duplicate_answer(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    question = line.ask([b"question"], patient)
    write_answer(peer, question, [b"yes"])
    write_answer(peer, question, [b"yes"])
    line.answer(question, 100, patient)
    with pytest.raises(LineBroken, match="before its question"):
        line.ask([b"next"], patient)


def test_an_answer_that_claims_too_much(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    for length in (101, 2**62):
        question = line.ask([], patient)
        peer.sendall(struct.pack("<4s16sQ", b"agw1", question, length))
        with pytest.raises(LineBroken, match="more than the 100 allowed"):
            line.answer(question, 100, patient)


def test_a_claim_alone_costs_no_time_or_memory(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    question = line.ask([], patient)
    peer.sendall(struct.pack("<4s16sQ", b"agw1", question, 2**28))
    with pytest.raises(GaveUp):
        line.answer(question, 2**28, after(2))  # type: ignore[arg-type]


def test_a_trickle_does_not_hold_the_grader(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    question = line.ask([], patient)
    # More than any few reads can take in, however much had gathered when the reader's turn came.
    peer.sendall(struct.pack("<4s16sQ", b"agw1", question, 10**8))
    stop = threading.Event()

    def trickle() -> None:
        with contextlib.suppress(OSError):  # the reader went away in the middle of a send
            while not stop.is_set():
                peer.send(b"x")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        with pytest.raises(GaveUp):
            line.answer(question, 10**9, after(5))  # type: ignore[arg-type]
    finally:
        stop.set()
        line.close()
        peer.close()
        thread.join()


def test_a_peer_that_does_not_read_does_not_hold_the_grader(pair: tuple[Line, socket.socket]) -> None:
    line, _ = pair
    with pytest.raises(GaveUp):
        line.ask([bytes(2**24)], after(2))  # type: ignore[arg-type]


def test_a_peer_that_says_nothing(pair: tuple[Line, socket.socket]) -> None:
    line, _ = pair
    line.ask([], patient)
    with pytest.raises(GaveUp):
        line.wait(after(2))  # type: ignore[arg-type]


def test_a_long_wait_is_looked_at_less_often_but_not_seldom(
    pair: tuple[Line, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    slices: list[float] = []

    def wait(line: Line, event: int, go_on: object, slice_s: float = 0.05) -> bool:
        slices.append(slice_s)
        return len(slices) == 100

    monkeypatch.setattr(Line, "_wait", wait)
    pair[0].wait(patient)
    assert slices[0] == 0.05
    assert slices == sorted(slices)
    assert slices[-1] == 0.25


def test_a_peer_that_goes_away(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    question = line.ask([], patient)
    peer.sendall(b"agw1")
    peer.close()
    with pytest.raises(LineClosed):
        line.answer(question, 100, patient)
    with pytest.raises(LineClosed):
        line.ask([], patient)


def test_endless_noise(pair: tuple[Line, socket.socket]) -> None:
    line, peer = pair
    question = line.ask([], patient)
    peer.sendall(b"\0" * 100_000)
    with pytest.raises(LineBroken):
        line.answer(question, 100, patient)


def check_noise(noise: bytes, use_the_id: bool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        line = Line(ours)
        question = line.ask([b"question"], patient)
        sent = b"agw1" + question + noise if use_the_id else noise
        theirs.sendall(sent)
        theirs.close()
        try:
            body = line.answer(question, 2**20, patient)
        except (LineBroken, LineClosed):
            return
        assert use_the_id
        assert struct.unpack("<Q", noise[:8])[0] == len(body)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=100), st.booleans())
def test_noise_breaks_the_line_or_is_an_answer(noise: bytes, use_the_id: bool) -> None:
    check_noise(noise, use_the_id)


@pytest.mark.full
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.booleans())
def test_noise_at_full_scale(noise: bytes, use_the_id: bool) -> None:
    check_noise(noise, use_the_id)
