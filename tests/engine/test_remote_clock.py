"""What a call is said to have cost, whatever a session computes between two calls."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Iterator

import pytest

from autograder.remote import connection, frames
from autograder.remote.connection import CallExpired, Connection, Reply
from autograder.remote.encoding import encode_parts


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Session:
    """A session's processes, whose computing time the test sets; counts how often it was looked at."""

    def __init__(self) -> None:
        self.used_s, self.looks = 7.0, 0

    def usage(self) -> float:
        self.looks += 1
        return self.used_s

    def alive(self) -> bool:
        return True

    def interrupt(self) -> None: ...

    def kill(self) -> None: ...

    def keep_to(self, cores: Collection[int]) -> None: ...

    def why_it_ended(self) -> str | None:
        return None


class Line:
    """A connection to a student's end that answers every question, after computing for `computes_s`."""

    def __init__(self, clock: Clock) -> None:
        ours, self._theirs = socket.socketpair()
        self.clock, self.session = clock, Session()
        self.connection = Connection(ours, self.session)
        self.computes_s = 0.0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def ask(self) -> Reply:
        return self.connection.ask({"op": "ping"}, 60.0, 60.0)

    def close(self) -> None:
        self.connection.end("the test is over")
        self._thread.join()
        self._theirs.close()

    def _serve(self) -> None:
        while True:
            try:
                question, _ = frames.read_question(self._theirs)
            except (frames.LineClosed, OSError):
                return
            self.session.used_s += self.computes_s
            self.clock.now += self.computes_s
            frames.write_answer(self._theirs, question, encode_parts({"ok": True}))


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    clock = Clock()
    monkeypatch.setattr(connection, "time", clock)
    made = Line(clock)
    yield made
    made.close()


def test_a_call_costs_what_was_computed_in_it(line: Line) -> None:
    line.computes_s = 0.5
    for _ in range(2):
        reply = line.ask()
        assert (reply.cpu_s, reply.wall_s) == pytest.approx((0.5, 0.5))


def test_what_was_computed_in_a_pause_counts_in_both_times(line: Line) -> None:
    line.ask()
    line.clock.now += 3.0
    line.session.used_s += 2.0
    reply = line.ask()
    assert (reply.cpu_s, reply.wall_s) == pytest.approx((2.0, 2.0))


def test_what_was_computed_just_before_the_next_call_counts_as_its_computing(line: Line) -> None:
    """There is no look at the clocks in between: one question costs one."""
    line.ask()
    line.clock.now += 0.001
    line.session.used_s += 0.002
    before = line.session.looks
    reply = line.ask()
    assert line.session.looks == before + 1
    assert (reply.cpu_s, reply.wall_s) == pytest.approx((0.002, 0.0))


class Arrival:
    """The wire of a call whose limit of 60 s passes while its answer arrives, which takes `takes_s` more."""

    def __init__(self, clock: Clock, session: Session, takes_s: float) -> None:
        self.clock, self.session, self.takes_s = clock, session, takes_s

    def ask(self, parts: list[bytes], go_on: Callable[[], None]) -> bytes:
        return b"question"

    def wait(self, go_on: Callable[[], None]) -> None: ...

    def answer(self, question: bytes, limit: int, go_on: Callable[[], None]) -> memoryview:
        for passed_s in (60.1, self.takes_s / 2, self.takes_s / 2):
            self.clock.now += passed_s
            self.session.used_s += passed_s
            go_on()
        return memoryview(b"".join(encode_parts({"ok": True})))

    def close(self) -> None: ...


@pytest.mark.parametrize(("takes_s", "ended"), [(1.8, False), (2.2, True)])
def test_an_answer_under_way_has_the_time_of_grace(
    monkeypatch: pytest.MonkeyPatch, takes_s: float, ended: bool
) -> None:
    clock, session = Clock(), Session()
    monkeypatch.setattr(connection, "time", clock)
    monkeypatch.setattr(connection, "Line", lambda _: Arrival(clock, session, takes_s))
    ours, theirs = socket.socketpair()
    asked = Connection(ours, session)
    with pytest.raises(CallExpired, match=r"60 s of computing time") as expired:
        asked.ask({"op": "ping"}, 60.0, 600.0)
    assert expired.value.ended is ended
    assert (asked.ended is not None) is ended
    ours.close()
    theirs.close()
