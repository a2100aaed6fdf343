"""Questions and answers between a `Student` and a plain process that plays the student's kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from remote_session import session

from autograder.remote.client import Handle, Student
from autograder.remote.errors import BadAnswer, StudentDied, StudentMissing, StudentRaised, StudentTimeout

NOTEBOOK = """
import collections, enum, os, sys
import numpy as np

class Params(dict): pass
class Color(enum.IntEnum): RED = 1
Pair = collections.namedtuple("Pair", "left right")
DIAGNOSIS = {1: "a", 2: "b"}

def echo(x=None, **kwargs): return kwargs or x
def kind(x): return type(x).__name__
def add(a, b): return a + b
def params(n): return Params(w=np.full(n, 2.0, "float32"))
def double(p): return p["w"] * 2
def all_doubled(ps): return [double(p) for p in ps["list"]]
def pair(): return Pair(np.ones(2), 3)
def mixed(): return np.ones(3), Params(w=1), [1, 2]
def red(): return Color.RED
def product(x):
    left = x
    return left @ np.zeros((3, 3))
def fails(text): raise ValueError(text)
def whatever(): return undefined_name
def todo(): raise NotImplementedError
def stop(): raise SystemExit(0)
def interrupt(): raise KeyboardInterrupt
def leave(): os._exit(3)
def spin():
    while True: sum(range(100))
def count():
    n = 0
    while True:
        yield n, np.full(2, n)
        n += 1
def loud():
    print("x" * 100_000); sys.stderr.write("PASSED"); return 1
def deep(n): return [] if n == 0 else [deep(n - 1)]
def endless(): x = []; x.append(x); return x
def recurse(): return recurse()
def many(): return list(range(500_001))
def write():
    os.makedirs("logs/run", exist_ok=True)
    open("logs/run/a.txt", "w").write("hello")
    open("logs/b", "wb").write(bytes(range(256)))
    os.symlink("/etc/passwd", "logs/link")
    os.symlink("/etc", "logs/folder")
"""


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Student]:
    with session(tmp_path_factory.mktemp("scratch"), NOTEBOOK) as student:
        yield student


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**63,
        -(2**200),
        1.5,
        1 + 2j,
        "ä",
        b"\xff",
        [1, [2]],
        (1, (2, [3])),
        {"a": {1: (None,)}},
    ],
)
def test_plain_values_come_back_as_they_went(student: Student, value: object) -> None:
    answer = student.echo(value)
    assert answer == value
    assert type(answer) is type(value)


def test_arrays_come_back_as_exact_arrays(student: Student) -> None:
    x = np.arange(6, dtype="float32").reshape(2, 3)
    answer = student.echo(x)
    assert type(answer) is np.ndarray
    assert answer.dtype == np.float32
    np.testing.assert_array_equal(answer, x)


def test_numpy_scalars_arrive_as_python_numbers(student: Student) -> None:
    assert student.kind(np.int64(3)) == "int"
    assert student.kind(np.float32(3)) == "float"


def test_numpy_scalars_come_back_with_their_dtype(student: Student) -> None:
    answer = student.add(np.float32(1) * np.ones(1, "float32"), 1)[0]
    total = student.get("np").method("float32", 2.5)
    assert answer == 2
    assert (type(total), total.shape, total.dtype, float(total)) == (np.ndarray, (), np.float32, 2.5)


def test_objects_stay_and_can_be_passed_back(student: Student) -> None:
    params = student.params(3)
    assert isinstance(params, Handle)
    assert params.type_name == "Params"
    np.testing.assert_array_equal(student.double(params), np.full(3, 4.0))
    doubled = student.all_doubled({"list": [params, student.params(1)]})
    assert [len(array) for array in doubled] == [3, 1]
    np.testing.assert_array_equal(params.value()["w"], np.full(3, 2.0))
    np.testing.assert_array_equal(params["w"], np.full(3, 2.0))
    assert params.method("get", "nothing", 7) == 7
    assert params.attribute("__len__").type_name == "object"


def test_modes(student: Student) -> None:
    assert isinstance(student.add.keep(1, 2), Handle)
    assert student.add.keep(1, 2).value() == 3
    named = student.pair()
    assert isinstance(named, Handle)  # a named tuple is more than data to the code that made it
    assert student.pair.value()[1] == 3
    array, params, numbers = student.mixed.parts()
    assert (array.shape, type(params), numbers) == ((3,), Handle, [1, 2])
    assert isinstance(student.mixed(), Handle)
    assert type(student.red()) is int


def test_globals(student: Student) -> None:
    assert student.has("DIAGNOSIS")
    assert not student.has("nothing")
    assert student.get("DIAGNOSIS") == {1: "a", 2: "b"}
    with pytest.raises(StudentMissing, match="no `nothing`"):
        student.get("nothing")
    with pytest.raises(StudentMissing, match="no `train`"):
        student.train()
    with pytest.raises(StudentMissing, match="`DIAGNOSIS` is not a function, but a dict"):
        student.DIAGNOSIS()
    student.run("added = 5")
    assert student.get("added") == 5


def test_put_scales_over_there(student: Student) -> None:
    images = np.arange(256, dtype="uint8").reshape(4, 64)
    scaled = student.put(images, dtype="float32", scale=255)
    np.testing.assert_array_equal(scaled.value(), images.astype("float32") / np.float32(255))
    with pytest.raises(ValueError, match="dtype"):
        student.put(images, scale=255)


def test_assign(student: Student) -> None:
    weights = student.variables([np.zeros((2, 2)), np.zeros(2)])
    student.assign(weights, [np.ones((2, 2)), np.full(2, 3.0)])
    assert [array.sum() for array in weights.value()] == [4, 6]
    with pytest.raises(StudentRaised):
        student.assign(weights, [np.ones((2, 2))])


def test_iteration_takes_no_more_than_its_limit(student: Student) -> None:
    elements = list(student.iterate(student.count(), limit=150))
    assert [number for number, _ in elements] == list(range(150))
    assert elements[149][1].tolist() == [149, 149]
    assert list(student.iterate(student.get("DIAGNOSIS", "keep"), limit=9)) == [1, 2]


def test_sentences_about_exceptions(student: Student) -> None:
    with pytest.raises(StudentRaised) as raised:
        student.product(np.ones((2, 4)))
    assert raised.value.sentence == (
        "`product` raised ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0 "
        "(line 21 of cell `c1`: `return left @ np.zeros((3, 3))`)."
    )
    with pytest.raises(StudentRaised, match="NameError: name 'undefined_name' is not defined"):
        student.whatever()
    with pytest.raises(
        StudentMissing, match="`todo` needs code that is not written yet: line 24 of cell `c1`"
    ):
        student.todo()
    with pytest.raises(StudentRaised, match="RecursionError: maximum recursion depth exceeded"):
        student.recurse()


def test_an_exceptions_own_words_reach_the_instructor_only(student: Student) -> None:
    with pytest.raises(StudentRaised) as raised:
        student.fails("the hidden input is 0.1234")
    assert "0.1234" not in raised.value.sentence
    assert "0.1234" in raised.value.detail


@pytest.mark.parametrize("name", ["stop", "interrupt"])
def test_exits_inside_a_call_are_answers(student: Student, name: str) -> None:
    with pytest.raises(StudentRaised):
        student.function(name)()
    assert student.add(1, 1) == 2


def test_output_does_not_disturb_the_wire(student: Student) -> None:
    assert student.loud() == 1


@pytest.mark.parametrize("ask", ["endless", "many"])
def test_what_is_too_much_for_an_answer(student: Student, ask: str) -> None:
    with pytest.raises(BadAnswer, match="too large or too deeply nested"):
        student.function(ask)()
    with pytest.raises(BadAnswer):
        student.deep(40)
    assert student.add(1, 1) == 2


def test_what_is_no_data(student: Student) -> None:
    with pytest.raises(BadAnswer, match="`count` should give numbers or arrays, not a generator"):
        student.count.value()


def test_a_call_that_takes_too_long_is_interrupted(student: Student) -> None:
    with student.budget(0.1), pytest.raises(StudentTimeout, match=r"0\.1 s of computing time"):
        student.spin()
    assert student.add(1, 1) == 2


def test_files_come_without_links(student: Student) -> None:
    student.write()
    files = student.read_files("logs")
    assert files == {"run/a.txt": b"hello", "b": bytes(range(256))}
    assert student.read_files("nowhere") == {}
    with pytest.raises(BadAnswer):
        student.read_files("logs", max_bytes=100)


def test_the_grader_knows_what_a_call_cost(student: Student) -> None:
    student.add(1, 1)
    assert student.last_call.wall_s > 0


AHEAD = """
import threading, time
finished = threading.Event()

def start():
    def work():
        while time.thread_time() < 0.5: pass
        finished.set()
    threading.Thread(target=work, daemon=True).start()
    return 1

def result():
    return finished.is_set()
"""


def test_what_is_computed_between_two_calls_counts_with_the_second(tmp_path: Path) -> None:
    with session(tmp_path, AHEAD) as student:
        before = student.process.usage()
        assert student.start() == 1
        while student.process.usage() < before + 0.45:
            assert student.process.alive()
        student.result()
        assert student.last_call.cpu_s > 0.3
        assert student.last_call.wall_s > 0.3
        while not student.result():
            pass
        student.result()
        assert student.last_call.cpu_s < 0.2


def test_a_process_that_ends_fails_what_comes_after(tmp_path: Path) -> None:
    with session(tmp_path, NOTEBOOK) as student:
        params = student.params(2)
        with pytest.raises(StudentDied, match="it exited with code 3"):
            student.leave()
        with pytest.raises(StudentDied, match="it exited with code 3"):
            student.add(1, 1)
        with session(tmp_path, NOTEBOOK) as fresh:
            student.reconnect(fresh._connection)
            assert student.add(1, 1) == 2
            with pytest.raises(StudentDied, match="it exited with code 3"):
                student.double(params)


def test_a_handle_serves_its_own_session_only(student: Student, tmp_path: Path) -> None:
    with session(tmp_path, NOTEBOOK) as other, pytest.raises(Exception, match="another student's session"):
        other.double(student.params(2))


def test_iteration_has_the_time_of_one_call(student: Student) -> None:
    student.run("""
def slow():
    while True:
        sum(range(400_000))
        yield 1
""")
    with student.budget(0.3), pytest.raises(StudentTimeout, match=r"the 0\.3 s"):
        for _ in student.iterate(student.slow(), limit=10**6):
            pass
    assert student.add(1, 1) == 2


def test_iteration_over_what_is_data_already(student: Student) -> None:
    assert list(student.iterate(student.echo([1, 2, 3]), limit=2)) == [1, 2]
    with pytest.raises(BadAnswer, match="element by element"):
        list(student.iterate(student.echo(1), limit=2))


def test_handles_are_dropped_with_the_next_question(student: Student) -> None:
    student.run(
        "import gc\nclass Counted: pass\n"
        "def alive(): return sum(type(o) is Counted for o in gc.get_objects())"
    )
    handle = student.Counted()
    assert student.alive() == 1
    del handle
    assert student.alive() == 0
