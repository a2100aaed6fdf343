"""Any answers to any questions: base types, a handle, or an error with a sentence; never a crash, never a hang."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.connection import Connection
from autograder.remote.disclosure import Cell
from autograder.remote.encoding import HandleRef, Limits, WireError, encode
from autograder.remote.errors import StudentError
from autograder.remote.frames import LineBroken, LineClosed, read_question, write_answer

EVERYDAY = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ALL = settings(EVERYDAY, max_examples=10_000, derandomize=False)

WORDS = st.text(max_size=12) | st.sampled_from(
    [
        "value",
        "missing",
        "raised",
        "not data",
        "too much",
        "shape",
        "\x1b[2J",
        "CANARY",
        "x\n.",
        "../../etc",
        "a/b",
    ]
)
ARRAYS = st.sampled_from(
    [
        np.zeros(3),
        np.full((2, 2), np.nan, "float32"),
        np.zeros((0, 4)),
        np.array(1, "uint64"),
        np.array(["a", "bc"]),
        np.array([True]),
        np.zeros(1, "complex128"),
        np.zeros((10**6, 0)),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | WORDS
    | st.binary(max_size=12)
    | st.complex_numbers()
    | ARRAYS
    | st.builds(HandleRef, st.integers(0, 2**64 - 1), WORDS)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(WORDS | st.integers(-9, 9) | st.none(), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = {
    "kind": st.sampled_from(["value", "missing", "raised", "not data", "too much", "passed"]) | WORDS,
    "value": VALUES,
    "found": WORDS | LEAVES,
    "name": WORDS,
    "type": WORDS | st.sampled_from(["ValueError", "NotImplementedError", "Secret"]) | LEAVES,
    "message": WORDS | st.sampled_from(["name 'secret' is not defined", "list index out of range"]) | LEAVES,
    "cell": st.integers(-3, 3) | LEAVES,
    "line": st.integers(-3, 3) | LEAVES,
    "why": WORDS | LEAVES,
}
CHUNKS = st.fixed_dictionaries(
    {"elements": st.lists(VALUES, max_size=3) | VALUES, "done": st.booleans() | LEAVES}
)
FILES = st.dictionaries(WORDS, st.binary(max_size=8) | LEAVES, max_size=3)
ANSWERS = (
    VALUES
    | st.fixed_dictionaries({}, optional=FIELDS)
    | st.builds(lambda value: {"kind": "value", "value": value}, VALUES | CHUNKS | FILES)
)
QUESTIONS = {
    "call": lambda student: student.f(np.ones(3), [1, "a"], k=(2.5,)),
    "keep": lambda student: student.f.keep(1),
    "value": lambda student: student.f.value(1),
    "parts": lambda student: student.f.parts(1),
    "has": lambda student: student.has("f"),
    "get": lambda student: student.get("f"),
    "put": lambda student: student.put(np.zeros(2)),
    "iterate": lambda student: list(student.iterate(student.f.keep(1), limit=5)),
    "files": lambda student: student.read_files("logs"),
    "method": lambda student: student.f.keep(1).method("predict", np.ones(2)),
    "run": lambda student: student.run("x = 1"),
}


class StillThere:
    """A process that lives until the grader ends it."""

    def usage(self) -> float:
        return 0.0

    def alive(self) -> bool:
        return True

    def interrupt(self) -> None: ...

    def kill(self) -> None: ...

    def why_it_ended(self) -> str | None:
        return None


@contextmanager
def answering(prepared: list[Any]) -> Iterator[Student]:
    """A student that answers its questions with these values, the last one again and again."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        turn = 0
        try:
            while True:
                question, _ = read_question(theirs)
                value = prepared[min(turn, len(prepared) - 1)]
                turn += 1
                write_answer(theirs, question, [encode(value)])
        except (LineBroken, LineClosed, OSError):
            return

    thread = threading.Thread(target=answer)
    thread.start()
    connection = Connection(ours, StillThere(), Limits(message=2**20), grace_s=0.1)
    cells = [Cell(1, "f", "def f(x):\n    return x\x1b[2J")]
    try:
        yield Student(connection, cells=cells, call_s=5.0)
    finally:
        connection.end("the test is over")
        ours.close()
        thread.join()
        theirs.close()


def ask(prepared: list[Any], question: str) -> None:
    try:
        for value in prepared:
            encode(value)
    except WireError:
        return  # cannot be sent by an honest encoder; test_remote_encoding sends such bytes
    sentence = ""
    with answering(prepared) as student:
        try:
            found = QUESTIONS[question](student)
        except StudentError as error:
            sentence = error.sentence
        else:
            plain(found, question)
            judge(found)
    assert sentence.isprintable()
    assert "CANARY" not in sentence


def plain(value: Any, question: str, depth: int = 0) -> None:
    """Nothing but exact base types, arrays that own their form, and handles."""
    kind = type(value)
    assert kind in (
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        list,
        tuple,
        dict,
        np.ndarray,
        Handle,
    ), kind
    assert depth < 40
    if kind is Handle:
        assert value.type_name.isprintable()
        assert value.type_name in ("object", "f", "x", "def", "return") or value.type_name.isidentifier()
    if kind is np.ndarray:
        assert value.dtype.kind in "biufcUS"
    if kind is dict:
        for key in value:
            assert type(key) in (str, bytes, int, float, bool, type(None))
        members = list(value.values())
    else:
        members = list(value) if kind in (list, tuple) else []
    for member in members:
        plain(member, question, depth + 1)
    if question == "has":
        assert kind is bool
    if question == "files" and depth == 0:
        for name in value:
            assert ".." not in name.split("/")
            assert not name.startswith("/")


def judge(value: Any) -> None:
    """The instruments give a value of the asked form, or their own error."""
    for judged in (
        lambda: answers.array(value, (3,), "float64"),
        lambda: answers.array(value, None, None, finite=False, empty=True),
        lambda: answers.scalar(value),
        lambda: answers.integer(value, 0, 9),
        lambda: answers.integers(value),
        lambda: answers.listing(value, 2),
        lambda: answers.dictionary(value, ["shape"]),
        lambda: answers.text(value, ["a"]),
    ):
        sentence = ""
        try:
            judged()
        except StudentError as error:
            sentence = error.sentence
        assert sentence.isprintable()


@EVERYDAY
@example([{"kind": "missing", "found": np.zeros(3)}], "call")
@example([{"kind": np.zeros(3), "value": 1}], "call")
@given(st.lists(ANSWERS, min_size=1, max_size=3), st.sampled_from(sorted(QUESTIONS)))
def test_any_answers(prepared: list[Any], question: str) -> None:
    ask(prepared, question)


@pytest.mark.full
@ALL
@given(st.lists(ANSWERS, min_size=1, max_size=3), st.sampled_from(sorted(QUESTIONS)))
def test_any_answers_at_full_scale(prepared: list[Any], question: str) -> None:
    ask(prepared, question)
