"""Students' code that sets out to cheat on the wire: it can fail its own session, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from remote_session import session

from autograder.grading.grade import Status
from autograder.remote import answers
from autograder.remote.encoding import Limits
from autograder.remote.errors import BadAnswer, StudentDied, StudentError, StudentRaised, StudentTimeout

PRELUDE = """
import os, socket, struct, sys, threading, time
import numpy as np
wire = socket.socket(fileno=os.dup(WIRE))
def ready(): return True
"""


def test_a_thread_that_answers_before_it_is_asked(tmp_path: Path) -> None:
    attack = "def attack(): wire.sendall(b'agw1' + bytes(16) + struct.pack('<Q', 1) + b'x'); return 1"
    with session(tmp_path, PRELUDE, attack) as student:
        with pytest.raises(StudentDied, match=r"wrote to the grader's connection"):
            student.attack()
        with pytest.raises(StudentDied):
            student.ready()
        assert student.process.killed


def test_an_answer_kept_for_the_next_question(tmp_path: Path) -> None:
    attack = """
    import autograder.remote.server as server
    sent = []
    honest = server.write_answer
    def replay(sock, question, parts):
        sent.append(question)
        honest(sock, sent[0] if len(sent) > 2 else question, parts)
    def attack():
        server.write_answer = replay
        return 1
    """
    with session(tmp_path, PRELUDE, attack.replace("\n    ", "\n")) as student:
        assert student.attack() == 1
        assert student.ready()
        assert student.ready()
        with pytest.raises(StudentDied, match="no question that was asked"):
            student.ready()


def test_two_answers_to_one_question(tmp_path: Path) -> None:
    attack = """
    import autograder.remote.server as server
    honest = server.write_answer
    def twice(sock, question, parts):
        honest(sock, question, parts)
        honest(sock, question, parts)
    server.write_answer = twice
    """
    with session(tmp_path, PRELUDE) as student:
        student.run(attack.replace("\n    ", "\n"))
        assert student.ready()
        with pytest.raises(StudentDied, match=r"before its question was asked|no question that was asked"):
            student.ready()


@pytest.mark.parametrize(
    "frame",
    [
        "b'agw1' + q + struct.pack('<Q', 2**40)",
        "b'agw1' + q + struct.pack('<Q', 3) + b'abc'",
        "b'agw1' + q + struct.pack('<Q', 5) + struct.pack('<I', 1) + b'\\xc1'",
        "b'agw1' + q + struct.pack('<Q', 5) + struct.pack('<I', 1) + b'\\x01'",
        "b'HTTP' + q * 10",
    ],
)
def test_frames_that_make_no_sense(tmp_path: Path, frame: str) -> None:
    attack = f"""
import autograder.remote.server as server
server.write_answer = lambda sock, q, parts: sock.sendall({frame})
"""
    with session(tmp_path, PRELUDE) as student:
        student.run(attack)
        with pytest.raises(StudentDied, match=r"wrote to the grader's connection|makes no sense"):
            student.ready()
        assert student.ended


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "{'kind': 'value'}",
        "{'kind': 'passed', 'value': 1}",
        "{'kind': 'raised', 'type': 3, 'message': '', 'cell': 1, 'line': 1}",
        "{'kind': 'missing', 'found': 3}",
    ],
)
def test_answers_that_are_none(tmp_path: Path, answer: str) -> None:
    attack = f"""
import autograder.remote.server as server
from autograder.remote.encoding import encode
honest = server.write_answer
server.write_answer = lambda sock, q, parts: honest(sock, q, [encode({answer})])
"""
    with session(tmp_path, PRELUDE) as student:
        student.run(attack)
        with pytest.raises(StudentDied, match="makes no sense"):
            student.ready()


def test_lies_about_elements_and_files(tmp_path: Path) -> None:
    lies = """
import autograder.remote.server as server
def ten(): return iter(range(10))
server._OPERATIONS["next"] = lambda s, q: {"elements": [1] * 1000, "done": False}
server._OPERATIONS["read"] = lambda s, q: {"../../victim": b"x"}
"""
    with session(tmp_path, PRELUDE, lies) as student, pytest.raises(StudentDied, match="makes no sense"):
        list(student.iterate(student.ten(), limit=10))
    with session(tmp_path, PRELUDE, lies) as student, pytest.raises(StudentDied, match="makes no sense"):
        student.read_files("logs")


SMALL = Limits(message=2**20, elements=2000)
ENDLESS = """
import itertools
import autograder.remote.server as server
def endless(make): return (asked.append(1) or make() for _ in itertools.count())
def large(): return endless(lambda: np.zeros(2**17, np.uint8))
def nested(): return endless(lambda: [[] for _ in range(200)])
asked = []
def times(): return len(asked)
honest = server._OPERATIONS["next"]
"""
ONE_BY_ONE = "server._OPERATIONS['next'] = lambda s, question: honest(s, {**question, 'count': 1})"


@pytest.mark.parametrize(("name", "most"), [("large", 9), ("nested", 11)])
def test_an_iteration_in_chunks_is_bounded_like_one_answer(tmp_path: Path, name: str, most: int) -> None:
    """No chunk is too large by itself; the grader counts what it has received and asks for no more."""
    with session(tmp_path, PRELUDE, ENDLESS, ONE_BY_ONE, limits=SMALL) as student:
        taken = []
        with pytest.raises(
            BadAnswer, match=f"What `{name}` yields is too much to be checked: more than 1 MB or"
        ):
            taken.extend(student.iterate(student.function(name).keep(), limit=50))
        assert student.times() <= most
        assert student.ready()  # the session goes on


def test_an_iteration_within_the_bound_of_one_answer_is_no_excess(tmp_path: Path) -> None:
    with session(tmp_path, PRELUDE, ENDLESS, ONE_BY_ONE, limits=SMALL) as student:
        assert len(list(student.iterate(student.large.keep(), limit=7))) == 7
        assert len(list(student.iterate(student.nested.keep(), limit=9))) == 9


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", "a/../b", "./a", "a\\\\b", ""])
def test_names_of_files_stay_inside(tmp_path: Path, name: str) -> None:
    lie = f"import autograder.remote.server as s\ns._OPERATIONS['read'] = lambda a, b: {{'{name}': b'x'}}"
    with session(tmp_path, lie) as student, pytest.raises(StudentDied):
        student.read_files("logs")


def test_a_call_that_swallows_interrupts_is_killed(tmp_path: Path) -> None:
    stubborn = """
def work():
    for i in range(10**12): sum(range(100))
def stubborn():
    while True:
        try: work()
        except BaseException: pass
"""
    with session(tmp_path, PRELUDE, stubborn, grace_s=0.2) as student:
        with student.budget(0.1), pytest.raises(StudentTimeout):
            student.stubborn()
        assert student.process.killed
        with pytest.raises(StudentDied, match="could not be stopped"):
            student.ready()


def test_a_trickled_answer_is_cut_off(tmp_path: Path) -> None:
    trickle = """
import autograder.remote.server as server
def drip(sock, q, parts):
    sock.sendall(b'agw1' + q + struct.pack('<Q', 10**6))
    while True: sock.sendall(b'x'); sum(range(1000))
def attack(): server.write_answer = drip
"""
    with session(tmp_path, PRELUDE, trickle, limits=Limits(message=2**30), grace_s=0.2) as student:
        student.attack()
        with student.budget(0.2), pytest.raises(StudentTimeout):
            student.ready()
        assert student.ended


def test_an_answer_larger_than_allowed_is_a_bad_answer(tmp_path: Path) -> None:
    with session(
        tmp_path, PRELUDE, "def large(): return np.zeros(10**6)", limits=Limits(message=10**6)
    ) as student:
        with pytest.raises(BadAnswer, match="too large"):
            student.large()
        assert student.ready()


def test_objects_that_equal_everything_never_arrive(tmp_path: Path) -> None:
    friendly = """
class Equal:
    def __eq__(self, other): return True
    __array_priority__ = 1e9
class FriendlyArray(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __array_function__(self, *a, **k): return True
class FriendlyInt(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
class FriendlyText(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def equal(): return Equal()
def array(): return np.zeros(3).view(FriendlyArray)
def number(): return FriendlyInt(3)
def text(): return FriendlyText("wrong")
def objects(): return np.array([Equal()], dtype=object)
def matrix(): return np.matrix([[1, 2]])
def masked(): return np.ma.masked_array([1.0, 2.0], [True, False])
def fields(): return np.zeros(2, "i4,f4")
def nan(): return np.array([np.nan], "float32")
"""
    with session(tmp_path, PRELUDE, friendly) as student:
        for name in ("array", "matrix", "masked"):
            assert type(student.function(name)()) is np.ndarray
        assert not (student.array() == 1).any()
        assert type(student.number()) is int
        assert type(student.text()) is str
        assert student.text() != "right"
        for name in ("equal", "objects", "fields"):
            with pytest.raises(BadAnswer, match="expected an array, found an object of type"):
                answers.array(student.function(name)(), what="the answer")
        with pytest.raises(BadAnswer, match="NaN"):
            answers.array(student.nan(), what="the answer")


def test_exceptions_that_fight_back(tmp_path: Path) -> None:
    rude = """
class Rude(BaseException):
    def __str__(self): raise SystemExit(0)
    def __repr__(self): raise SystemExit(0)
class Meta(type):
    @property
    def __name__(cls): raise ValueError
class Nameless(Exception, metaclass=Meta):
    def __str__(self): return "\\ud800" + "x" * 10**6
def rude(): raise Rude
def nameless(): raise Nameless
def long(): raise type("X" * 1000, (Exception,), {})(str(1234 * 2))
"""
    with session(tmp_path, PRELUDE, rude) as student:
        for name in ("rude", "nameless", "long"):
            with pytest.raises(StudentRaised) as raised:
                student.function(name)()
            assert len(raised.value.sentence) < 300
            assert "2468" not in raised.value.sentence
            assert len(raised.value.detail) < 3000
        assert student.ready()


def test_a_killed_process_is_noticed_though_a_child_holds_the_wire(tmp_path: Path) -> None:
    attack = """
def attack():
    if os.fork() == 0:
        wire.recv(1)  # until the grader hangs up
        os._exit(0)
    os.kill(os.getpid(), 9)
"""
    with (
        session(tmp_path, PRELUDE, attack) as student,
        pytest.raises(StudentDied, match="exited with code -9"),
    ):
        student.attack()


def test_every_failure_has_a_status_of_a_grade() -> None:
    for error in StudentError.__subclasses__():
        assert error.status in set(Status)
