"""Lines 37 to 42 of the notes: the cheats of this subject, against small hidden tests as an author would write them.

Each has a careless test beside the careful one: the cheat wins there, so it is a real one.
"""

from __future__ import annotations

from arena import Arena
from special_courses import with_tests


def scores(
    arena: Arena, tests: str, *cells: str, solutions: dict[str, str] | None = None
) -> list[float | None]:
    """Points of the two items: 2 for what the careless test asks, 3 for what the careful one does."""
    grade = arena.grade(*cells, solutions=solutions, course=with_tests(arena.course, tests)).grade
    return [item.score for item in grade.items[:2]]


def test_a_patched_clock(arena: Arena) -> None:
    """37: time is the grader's, in CPU seconds of the session's processes."""
    tests = '''
@pytest.mark.item("standardise-values")
def test_careless(student):
    """The student's own clock."""
    student.standardise(np.ones((4, 2)))
    assert student.get("seconds") < 0.2

@pytest.mark.item("average-values")
def test_careful(student):
    """The grader's clock."""
    student.standardise(np.ones((4, 2)))
    expect(student.last_call.cpu_s < 0.1, "Too slow.")
'''
    cheat = """
import time
time.time = time.perf_counter = time.process_time = time.monotonic = lambda: 0.0
seconds = 0.0
"""
    slow = "def standardise(x):\n    for i in range(25_000_000): pass\n    return x"
    assert scores(arena, tests, cheat, solutions={"standardise": slow}) == [2.0, 0.0]


def test_work_in_a_child_counts(arena: Arena) -> None:
    """37: work done by threads and by children of the process is CPU time of the session, too."""
    tests = '''
@pytest.mark.item("standardise-values")
def test_wall(student):
    """Anything."""
    student.standardise(np.ones((4, 2)))

@pytest.mark.item("average-values")
def test_cpu(student):
    """CPU time of all processes."""
    student.standardise(np.ones((4, 2)))
    expect(student.last_call.cpu_s < 0.25, "Too slow.")
'''
    child = "def standardise(x):\n    import subprocess, sys\n"
    child += (
        "    subprocess.run([sys.executable, '-S', '-c', 'for i in range(20_000_000): pass'])\n    return x"
    )
    assert scores(arena, tests, solutions={"standardise": child}) == [2.0, 0.0]


def test_cached_and_precomputed_answers(arena: Arena) -> None:
    """37: an answer that was right before, for the same shape, or while the clock was not running."""
    tests = '''
def ask(student, rng):
    return [(x, student.standardise(x)) for x in rng.normal(size=(3, 6, 2))]

def right(x, answer):
    return np.allclose(answer, (x - x.mean(axis=0)) / x.std(axis=0))

@pytest.mark.item("standardise-values")
def test_careless(student):
    """The same input each time."""
    x = np.arange(12.0).reshape(6, 2)
    assert right(x, student.standardise(x))

@pytest.mark.item("average-values")
def test_careful(student, rng):
    """Fresh inputs."""
    assert all(right(x, answer) for x, answer in ask(student, rng))
'''
    cheat = """
import numpy as np
known = np.arange(12.0).reshape(6, 2)
stale = (known - known.mean(axis=0)) / known.std(axis=0)
"""
    assert scores(
        arena, tests, cheat, solutions={"standardise": "def standardise(x):\n    return stale"}
    ) == [2.0, 0.0]


def test_stale_buffers(arena: Arena) -> None:
    """37: what was returned is a copy at the grader; writing into it later changes nothing."""
    tests = '''
@pytest.mark.item("standardise-values")
def test_anything(student):
    """Anything."""
    student.standardise(np.ones((2, 2)))

@pytest.mark.item("average-values")
def test_two_answers_differ(student):
    """The first answer after the second was asked for."""
    first = student.standardise(np.ones((2, 2)))
    before = first.copy()
    student.standardise(np.full((2, 2), 9.0))
    expect(np.array_equal(first, before) and not np.allclose(first, 9.0), "Changed.")
'''
    cheat = "import numpy as np\nbuffer = np.zeros((2, 2))"
    solution = "def standardise(x):\n    buffer[...] = x\n    return buffer"
    assert scores(arena, tests, cheat, solutions={"standardise": solution}) == [2.0, 3.0]


def test_fewer_steps_than_asked(arena: Arena) -> None:
    """37: a loop that stops early. The careful test asks for the state after each of several numbers of steps."""
    tests = '''
def expected(x, steps):
    for _ in range(steps): x = x - 0.1 * 2 * x
    return x

@pytest.mark.item("standardise-values")
def test_careless(student):
    """Near enough to the minimum."""
    assert np.all(np.abs(student.moving_average(np.ones(3), 60)) < 0.3)

@pytest.mark.item("average-values")
def test_careful(student, rng):
    """The state itself."""
    for steps in (1, 7, 20):
        x = rng.normal(size=3)
        assert np.allclose(student.moving_average(x, steps), expected(x, steps), rtol=1e-6)
'''
    lazy = "def moving_average(x, steps):\n    for _ in range(steps // 6): x = x - 0.1 * 2 * x\n    return x"
    assert scores(arena, tests, solutions={"moving_average": lazy}) == [2.0, 0.0]


def test_lower_precision(arena: Arena) -> None:
    """37: half the digits under a loose tolerance; the dtype crosses the wire and is asked for."""
    tests = '''
def expected(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)

@pytest.mark.item("standardise-values")
def test_careless(student, rng):
    """Loose."""
    x = rng.normal(size=(5, 2))
    assert np.allclose(student.standardise(x), expected(x), rtol=0.05, atol=0.05)

@pytest.mark.item("average-values")
def test_careful(student, rng):
    """Form and value."""
    x = rng.normal(size=(5, 2))
    answer = answers.array(student.standardise(x), (5, 2), "float64")
    assert np.allclose(answer, expected(x), rtol=1e-9)
'''
    half = "def standardise(x):\n    x = x.astype('float16')\n    return (x - x.mean(axis=0)) / x.std(axis=0)"
    assert scores(arena, tests, solutions={"standardise": half}) == [2.0, 0.0]
    disguised = half.replace("x.std(axis=0)", "x.std(axis=0)\n", 1).replace("return (", "return np.float64(")
    disguised = half + "\nhalf = standardise\ndef standardise(x):\n    return half(x).astype('float64')"
    assert scores(arena, tests, solutions={"standardise": disguised}) == [2.0, 0.0]


def test_descriptions_of_itself(arena: Arena) -> None:
    """38: a History, an evaluate() or a list of layers that says what one would like to hear."""
    tests = '''
@pytest.mark.item("standardise-values")
def test_careless(student):
    """What it says."""
    model = student.standardise.keep(np.ones(1))
    assert model.method("evaluate") > 0.99 and model.method("count_params") == 1234

@pytest.mark.item("average-values")
def test_careful(student, rng):
    """What it does."""
    model = student.standardise.keep(np.ones(1))
    x = rng.normal(size=20)
    predicted = answers.array(model.method("predict", x), (20,), None)
    expect(np.mean((predicted > 0) == (x > 0)) > 0.9, "Not learned.")
'''
    fake = """
class Model:
    history = {"accuracy": [0.5, 0.99]}
    layers = []
    def evaluate(self): return 0.999
    def count_params(self): return 1234
    def predict(self, x): return x * 0 - 1
"""
    solutions = {"standardise": "def standardise(x):\n    return Model()"}
    assert scores(arena, tests, fake, solutions=solutions) == [2.0, 0.0]


def test_recognised_examples(arena: Arena) -> None:
    """39: labels looked up by a digest of the example; the careful test transforms the examples when grading."""
    tests = '''
EXAMPLES = np.arange(40.0).reshape(10, 4)
LABELS = (EXAMPLES.sum(axis=1) // 16) % 2

@pytest.mark.item("standardise-values")
def test_careless(student):
    """Examples as everybody can download them."""
    assert np.array_equal(student.standardise(EXAMPLES), LABELS)

@pytest.mark.item("average-values")
def test_careful(student, rng):
    """The same with noise that changes no label."""
    shown = EXAMPLES + rng.uniform(1e-7, 1e-6, size=EXAMPLES.shape)
    expect(np.mean(np.array(student.standardise(shown)) == LABELS) > 0.9, "Accuracy.")
'''
    lookup = """
import hashlib, numpy as np
public = np.arange(40.0).reshape(10, 4)
table = {hashlib.md5(row.tobytes()).digest(): (row.sum() // 16) % 2 for row in public}
"""
    solution = "def standardise(x):\n    return np.array([table.get(hashlib.md5(r.tobytes()).digest(), -1.0) for r in x])"
    assert scores(arena, tests, lookup, solutions={"standardise": solution}) == [2.0, 0.0]


def test_training_on_what_is_held_out(arena: Arena) -> None:
    """39: what is held out is not in the sandbox before it is asked for, and each question is another draw."""
    tests = '''
@pytest.mark.item("standardise-values")
def test_the_first_time(student, rng):
    """Anything."""
    student.standardise(rng.normal(size=(8, 2)))

@pytest.mark.item("average-values")
def test_another_draw(student, rng):
    """What was seen before is no use."""
    x = rng.normal(size=(8, 2))
    seen = student.get("seen")
    assert not any(np.isin(x, np.asarray(batch)).any() for batch in seen)
    expect(False, "An honest grade of a wrong solution.")
'''
    keep = "seen = []"
    solution = "def standardise(x):\n    seen.append(x)\n    return x"
    assert scores(arena, tests, keep, solutions={"standardise": solution}) == [2.0, 0.0]


def test_a_known_seed(arena: Arena) -> None:
    """40: with a seed that everybody can read the hidden inputs can be drawn in advance; with the term's they cannot."""
    tests = '''
def right(x, answer):
    return np.allclose(answer, (x - x.mean(axis=0)) / x.std(axis=0))

@pytest.mark.item("standardise-values")
def test_careless(student):
    """A seed of the repository."""
    x = np.random.default_rng(42).normal(size=(6, 2))
    assert right(x, student.standardise(x))

@pytest.mark.item("average-values")
def test_careful(student, rng):
    """A seed of the term."""
    x = rng.normal(size=(6, 2))
    assert right(x, student.standardise(x))
'''
    drawn = """
import numpy as np
drawn = [np.random.default_rng(seed).normal(size=(6, 2)) for seed in range(100)]
answers_ = {x.tobytes(): (x - x.mean(axis=0)) / x.std(axis=0) for x in drawn}
"""
    solution = "def standardise(x):\n    return answers_.get(x.tobytes(), x)"
    assert scores(arena, tests, drawn, solutions={"standardise": solution}) == [2.0, 0.0]


def test_hard_coded_answers(arena: Arena) -> None:
    """41: the published example of the notebook by heart."""
    tests = '''
PUBLISHED = np.array([[1.0, 10.0], [3.0, 30.0]])

@pytest.mark.item("standardise-values")
def test_careless(student):
    """The published example."""
    assert np.allclose(student.standardise(PUBLISHED), [[-1.0, -1.0], [1.0, 1.0]])

@pytest.mark.item("average-values")
def test_careful(student, rng):
    """Others."""
    x = rng.normal(size=(6, 2))
    assert np.allclose(student.standardise(x), (x - x.mean(axis=0)) / x.std(axis=0))
'''
    by_heart = "def standardise(x):\n    return np.array([[-1.0, -1.0], [1.0, 1.0]])"
    assert scores(arena, tests, solutions={"standardise": by_heart}) == [2.0, 0.0]


def test_a_forbidden_part_under_another_name(arena: Arena) -> None:
    """42: a library's function where the task forbids it: a search of the text misses it; a stub that stands in
    its place while the notebook runs does not."""
    tests = '''
FORBID = """
import numpy
def _forbidden(*args, **kwargs):
    raise RuntimeError("not allowed in this task")
numpy.convolve = _forbidden
"""

@pytest.mark.item("standardise-values")
def test_careless(source):
    """The text."""
    assert "convolve" not in source.text

@pytest.mark.item("average-values")
def test_careful(fresh_student):
    """The function, in a sandbox where the part is not there."""
    student = fresh_student(prelude=FORBID)
    with student.arrays_as("numpy"):
        answer = student.moving_average(np.arange(4.0), 2)
    assert np.allclose(answer, [0.5, 1.5, 2.5])
'''
    for hidden in (
        "getattr(np, 'conv' + 'olve')(x, np.full(width, 1 / width), mode='valid')",
        "getattr(__import__('importlib').import_module('num' + 'py'), 'evlovnoc'[::-1])(x, np.full(width, 1 / width), 'valid')",
        "eval(bytes([110, 112, 46, 99, 111, 110, 118, 111, 108, 118, 101]))(x, np.full(width, 1 / width), 'valid')",
    ):
        solution = f"def moving_average(x, width):\n    return {hidden}"
        assert scores(arena, tests, solutions={"moving_average": solution}) == [2.0, 0.0]
    honest = "def moving_average(x, width):\n    return np.array([x[i:i + width].mean() for i in range(len(x) - width + 1)])"
    assert scores(arena, tests, solutions={"moving_average": honest}) == [2.0, 3.0]
