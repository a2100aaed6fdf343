"""One session's wire, seen from the grader: ask a question, get its answer within limits, or an end with a
reason.

Time is the grader's: CPU seconds of the student's processes, as the sandbox counts them, and a cap on wall
time. A call that exceeds them is interrupted; where that does not bring it back within two seconds, its
process is killed. An answer that is under way when time runs out has the same two seconds to arrive.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from socket import socket
from typing import Any, Protocol

from autograder.remote.encoding import HandleRef, Limits, WireError, decode, encode_parts
from autograder.remote.frames import MAX_QUESTION, Line, LineBroken, LineClosed

GRACE_S = 2.0
_LOOK_EVERY_S = 0.05
_AT_ONCE_S = 0.002  # a question that comes so soon after an answer costs no look: see `Reply`
_PROCESSORS = os.cpu_count() or 1
_QUESTION_LIMITS = Limits(message=MAX_QUESTION)


class Process(Protocol):
    """What the sandbox tells about, and does to, the processes of one session. No method may raise."""

    def usage(self) -> float:
        """CPU seconds that all of the session's processes have used so far, ended ones included."""

    def alive(self) -> bool: ...

    def interrupt(self) -> None:
        """SIGINT to the kernel."""

    def kill(self) -> None:
        """End all of the session's processes. Called again, it does nothing."""

    def keep_to(self, cores: Collection[int]) -> None:
        """Let all of the session's processes run on these cores and no others."""

    def why_it_ended(self) -> str | None:
        """The reason as the end of a sentence ("it exceeded its memory limit of 2048 MB"), or None where
        there is none to tell. May wait a moment for the system to say."""


class SessionEnded(Exception):
    """The session is over; `reason` completes the sentence "the notebook's process ended: ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class CallExpired(Exception):
    """The call used more than `limit_s` seconds of `clock` time ("computing" or "wall"). The session lives on
    unless `ended`."""

    def __init__(self, clock: str, limit_s: float, ended: bool) -> None:
        self.clock = clock
        self.limit_s = limit_s
        self.ended = ended
        super().__init__(f"more than {limit_s:g} s of {clock} time")


@dataclass(frozen=True)
class Reply:
    """An answer, and what it cost by the grader's clock.

    What the session computed since its last answer, unasked, is counted with it: a thread that works ahead, or that
    keeps a core busy while another session is timed, makes no call cheaper. Where the last answer came less than two
    milliseconds before, it counts as computing time only.
    """

    answer: Any
    wall_s: float
    cpu_s: float
    received: int = 0  # bytes of the answer


class Connection:
    """The grader's end of a session's wire. `limits` bound its answers."""

    def __init__(
        self, sock: socket, process: Process, limits: Limits | None = None, grace_s: float = GRACE_S
    ) -> None:
        self.limits = limits or Limits()
        self.ended: str | None = None
        self._line = Line(sock)
        self._process = process
        self._grace_s = grace_s
        self._used_at_answer_s: float | None = None
        self._answered_at = 0.0

    def ask(
        self,
        question: dict[str, Any],
        cpu_s: float,
        wall_s: float,
        handle: Callable[[HandleRef], object] | None = None,
        other: Callable[[object], object] | None = None,
    ) -> Reply:
        """The decoded answer to `question`. `handle` and `other` are passed to `decode` and `encode_parts`.

        Raises `CallExpired`, `SessionEnded`, or `WireError` where the question itself cannot be encoded.
        """
        if self.ended is not None:
            raise SessionEnded(self.ended)
        parts = encode_parts(question, _QUESTION_LIMITS, other)
        before, self._used_at_answer_s = self._used_at_answer_s, None
        at_once = time.monotonic() - self._answered_at < _AT_ONCE_S
        watch = _Watch(self._process, cpu_s, wall_s, before if at_once else None)
        unasked_s = max(0.0, watch.cpu_before - before) if before is not None else 0.0
        try:
            message = self._exchange(parts, watch)
            answer = decode(message, self.limits, handle)
        except LineClosed:
            raise self._end(self._process.why_it_ended() or "it exited or was killed") from None
        except (LineBroken, WireError) as error:
            reason = f"something in it wrote to the grader's connection ({error})"
            raise self._end(reason) from None
        except (CallExpired, SessionEnded):
            raise
        except BaseException:  # such as Ctrl-C: half a frame may be under way
            self._end("the grader gave up in the middle of a question")
            raise
        spent_wall_s, spent_cpu_s = watch.spent()
        self._used_at_answer_s = watch.cpu_before + spent_cpu_s
        self._answered_at = time.monotonic()
        return Reply(answer, spent_wall_s + unasked_s, spent_cpu_s + unasked_s, len(message))

    def keep_to(self, cores: Collection[int]) -> None:
        """Let the session compute on these cores of the machine and no others. Nothing happens where it has ended."""
        self._process.keep_to(cores)

    def end(self, reason: str) -> None:
        """End the session, for example because an answer makes no sense. Later questions raise
        `SessionEnded`."""
        self._end(reason)

    def _exchange(self, parts: list[Any], watch: _Watch) -> memoryview:
        try:
            question = self._line.ask(parts, watch)
        except _Expired as expired:
            raise self._killed(expired) from None
        try:
            self._line.wait(watch)
        except _Expired as expired:
            raise self._interrupted(question, expired) from None
        arriving = _Arriving(watch, self._grace_s)
        try:
            message = self._line.answer(question, self.limits.message, arriving)
        except _Expired as expired:  # in the middle of an answer: nothing that follows can be told apart
            raise self._killed(arriving.expired or expired) from None
        if arriving.expired is not None:
            raise CallExpired(arriving.expired.clock, arriving.expired.limit_s, ended=False)
        return message

    def _interrupted(self, question: bytes, expired: _Expired) -> CallExpired:
        self._process.interrupt()
        watch = _Watch(self._process, float("inf"), self._grace_s)
        try:
            self._line.wait(watch)
            self._line.answer(question, self.limits.message, watch)
        except _Expired:
            return self._killed(expired)
        return CallExpired(expired.clock, expired.limit_s, ended=False)

    def _killed(self, expired: _Expired) -> CallExpired:
        self._end(
            f"a call took longer than {expired.limit_s:g} s of {expired.clock} time and could not be stopped"
        )
        return CallExpired(expired.clock, expired.limit_s, ended=True)

    def _end(self, reason: str) -> SessionEnded:
        if self.ended is None:
            self.ended = reason
            self._line.close()
            self._process.kill()
        return SessionEnded(self.ended)


class _Expired(Exception):
    def __init__(self, clock: str, limit_s: float) -> None:
        self.clock = clock
        self.limit_s = limit_s
        super().__init__(clock)


class _Watch:
    """Looks at the clocks every 50 ms at most, however often it is called.

    Counting a session's computing time costs some itself, so it is left out for as long as all of this machine's
    processors together cannot have used up what the call may.
    """

    def __init__(
        self, process: Process, cpu_s: float, wall_s: float, cpu_before: float | None = None
    ) -> None:
        self.process = process
        self.cpu_s = cpu_s
        self.wall_s = wall_s
        self.cpu_before = process.usage() if cpu_before is None else cpu_before
        self.began = time.monotonic()
        self.looked = self.began

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self.looked < _LOOK_EVERY_S:
            return
        self.looked = now
        if now - self.began > self.wall_s:
            raise _Expired("wall", self.wall_s)
        if (now - self.began) * _PROCESSORS > self.cpu_s and self._used_s() > self.cpu_s:
            raise _Expired("computing", self.cpu_s)
        if not self.process.alive():
            raise LineClosed

    def spent(self) -> tuple[float, float]:
        wall_s = time.monotonic() - self.began
        return wall_s, max(0.0, self._used_s())

    def _used_s(self) -> float:
        return self.process.usage() - self.cpu_before


class _Arriving:
    """The watch over an answer whose first bytes are there. A call that came back as its time ran out needs no
    interrupt, and its session must not end for the bytes that are still under way: they get the time of grace."""

    def __init__(self, watch: _Watch, grace_s: float) -> None:
        self.expired: _Expired | None = None
        self._watch = watch
        self._grace_s = grace_s

    def __call__(self) -> None:
        try:
            self._watch()
        except _Expired as expired:
            if self.expired is not None:
                raise
            self.expired = expired
            self._watch = _Watch(self._watch.process, float("inf"), self._grace_s)
