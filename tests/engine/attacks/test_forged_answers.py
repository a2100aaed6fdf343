"""Lines 20 and 21 of the notes: answers that are no answers."""

from __future__ import annotations

import pytest
from arena import Arena, naive
from special_courses import with_tests

ANSWERS = {
    "20 equal to everything": """
class Answer:
    shape = (50, 4); dtype = "float64"; ndim = 2
    def __eq__(self, other): return self
    def __getattr__(self, name): return lambda *a, **k: self
    def all(self): return True
    def __bool__(self): return True
    def __array_ufunc__(self, *a, **k): return self
    def __array_function__(self, *a, **k): return True
    def __sub__(self, other): return 0
    __rsub__ = __mul__ = __rmul__ = __abs__ = __sub__
    def __float__(self): return 0.0
    def __array__(self, *a, **k): raise TypeError
answer = Answer()
""",
    "20 a subclass of arrays": """
import numpy as np
class Answer(np.ndarray):
    def __eq__(self, other): return np.ones(1, bool)
    def __sub__(self, other): return np.zeros(1)
    def __array_ufunc__(self, *a, **k): return np.zeros(1)
    def __array_function__(self, function, *a): return True
    def __array_finalize__(self, other): pass
    shape = property(lambda self: Any())
class Any(tuple):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
answer = np.zeros((50, 4)).view(Answer)
""",
    "20 an array of objects": """
import numpy as np
class Item:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
answer = np.full((50, 4), Item(), dtype=object)
""",
    "20 a subclass of floats": """
class Answer(float):
    def __eq__(self, other): return True
    def __array__(self, *a, **k):
        import numpy as np; return np.zeros((50, 4))
    shape = (50, 4)
answer = Answer(1)
""",
    "20 a lie of __array__": """
import numpy as np
class Answer:
    calls = 0
    def __array__(self, *a, **k):
        Answer.calls += 1
        return np.full((50, 4), np.nan)
    numpy = __array__
answer = Answer()
""",
    "20 a tensor of its own": """
import tensorflow as tf, numpy as np
class Answer(tf.Tensor):
    def __init__(self): pass
    shape = (50, 4)
    def numpy(self): return Fake()
class Fake(np.ndarray):
    pass
try: answer = object.__new__(Answer)
except TypeError: answer = None
""",
    "20 a lazy value": "answer = (i for i in range(10**9))",
    "21 not a number": "import numpy as np; answer = np.full((50, 4), np.nan)",
    "21 infinite": "import numpy as np; answer = np.full((50, 4), np.inf)",
    "21 empty": "import numpy as np; answer = np.zeros((0, 4))",
    "21 without dimensions": "import numpy as np; answer = np.float64(0)",
    "21 to be broadcast": "import numpy as np; answer = np.zeros((1, 1))",
    "21 another dtype": "import numpy as np; answer = np.zeros((50, 4), bool)",
    "21 text": "import numpy as np; answer = np.full((50, 4), 'equal')",
    "21 a date": "import numpy as np; answer = np.full((50, 4), np.datetime64('NaT'))",
    "21 masked": "import numpy as np; answer = np.ma.masked_all((50, 4))",
    "21 a record": "import numpy as np; answer = np.zeros((50, 4), dtype=[('a', 'f8')])",
    "21 strides of nothing": "import numpy as np; answer = np.lib.stride_tricks.as_strided(np.zeros(1), (10**9, 4), (0, 0))",
    "21 nothing": "answer = None",
    "21 true": "answer = True",
}


@pytest.mark.parametrize("answers", ["20", "21"])
def test_answers_that_are_none(arena: Arena, answers: str) -> None:
    """20, 21: everything that arrives is rebuilt as an exact base type, and judged for what it is.

    All forms in one session: a hidden test asks for each, as the assignment's tests ask for one.
    """
    forms = {name: code for name, code in ANSWERS.items() if name.startswith(answers)}
    cells = [
        f"{code}\ndef attack_{index}(x, width=1): return answer\nattack_{index}.answer = answer"
        for index, code in enumerate(forms.values())
    ]
    cells = [
        cell.replace("return answer", f"return attack_{index}.answer") for index, cell in enumerate(cells)
    ]
    course = with_tests(
        arena.course,
        f'''
NAMES = {list(forms)!r}

@pytest.mark.item("standardise-values")
@pytest.mark.parametrize("index", range({len(forms)}))
def test_form(student, index):
    """A form of answer."""
    table = np.random.default_rng(3).normal(size=(50, 4))
    expected = (table - table.mean(axis=0)) / table.std(axis=0)
    answer = answers.array(student.function("attack_%d" % index)(table), (50, 4), None, finite=False)
    assert type(answer) is np.ndarray
    assert np.allclose(answer, expected)

@pytest.mark.item("average-values")
def test_form_as_a_test_might_take_it(student):
    """Without the instruments."""
    passed = []
    for index in range({len(forms)}):
        try:
            answer = student.function("attack_%d" % index)(np.ones((50, 4)))
            if answer.shape == (50, 4) and (answer == np.full((50, 4), 7.0)).all():
                passed.append(NAMES[index])
        except (AttributeError, StudentError, TypeError):
            pass
    assert passed
''',
    )
    result = arena.attack(*cells, course=course)
    outcomes = result.grade.items[0].outcomes
    assert len(outcomes) == len(forms)
    assert {outcome.score for outcome in outcomes} == {0.0}


def test_answers_that_win_where_they_are_trusted() -> None:
    """20: the same object, compared in the student's process."""
    solutions = {
        "standardise": "def standardise(x):\n    return answer",
        "moving_average": "def moving_average(x, width):\n    return answer",
    }
    trusting = "import numpy as np\nnp.allclose = lambda a, b: bool((a == b).all())\n"
    assert naive(trusting + ANSWERS["20 equal to everything"], solutions=solutions)["file"] == '{"score": 2}'


def test_vacuous_comparisons_are_real(arena: Arena) -> None:
    """21: a test that asks for a difference finds none in NaN or in nothing; `answers.array` refuses both."""
    course = with_tests(
        arena.course,
        '''
@pytest.mark.item("standardise-values")
def test_careless(student):
    """Careless."""
    answer = student.standardise(np.ones((3, 2)))
    assert not (np.abs(answer - 1.0) > 1e-6).any()

@pytest.mark.item("average-values")
def test_careful(student):
    """Careful."""
    answer = answers.array(student.moving_average(np.ones(5), 2), None, "float64")
    assert not (np.abs(answer - 1.0) > 1e-6).any()
''',
    )
    for nothing in ("np.full((3, 2), np.nan)", "np.zeros((0, 2))"):
        solutions = {
            "standardise": f"def standardise(x):\n    return {nothing}",
            "moving_average": f"def moving_average(x, width):\n    return {nothing}",
        }
        grade = arena.grade(solutions=solutions, course=course).grade
        assert [item.score for item in grade.items[:2]] == [2.0, 0.0]
