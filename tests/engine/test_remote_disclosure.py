"""What a sentence about a failure may repeat: nothing that could carry a hidden input out."""

from __future__ import annotations

import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.cell_errors import run_cells_of
from autograder.remote.disclosure import Cell, Failure, Submission, sizes_in
from autograder.remote.traces import MAX_MESSAGE

CODE = "def forward(params, x):\n    return x @ params[0] + bias\n\n" + "y = " + "1 + " * 100 + "1"


@pytest.fixture
def submission() -> Submission:
    return Submission([Cell(3, "forward", CODE)])


def test_the_place_is_a_line_of_the_submission(submission: Submission) -> None:
    assert submission.place(3, 2) == "line 2 of cell `forward`: `return x @ params[0] + bias`"
    assert len(submission.place(3, 4)) < 200
    for cell, line in ((3, 0), (3, 99), (3, -1), (4, 1), (None, 1), (3, None)):
        assert submission.place(cell, line) == ""


def test_what_a_cell_stopped_with_is_told_by_the_same_rules() -> None:
    def told(kind: str, message: str, line: int | None = 1) -> str:
        cell = Cell(1, "f", "f = bias", Failure(kind, message, line))
        return Submission([cell]).failure(cell)

    assert (
        told("NameError", "name 'bias' is not defined")
        == "NameError: name 'bias' is not defined (line 1: `f = bias`)"
    )
    assert told("NameError", "name 'x0_1234' is not defined", None) == "NameError"
    assert told("Secret0_1234", "0.1234", 7) == "an exception"


@pytest.mark.parametrize("code", ["def f(x): pass", "class f: pass", "if 1:\n    def f(x): pass", "f = g(1)"])
def test_the_cell_that_would_have_defined_a_name(code: str) -> None:
    failure = Failure("SyntaxError", "invalid syntax", 1)
    cells = [
        Cell(1, "a", code),
        Cell(2, "b", code, failure),
        Cell(3, "c", "g(f)\nff = f == 1\nx.f = 2", failure),
    ]
    assert Submission(cells).defining("f") == cells[1]
    assert Submission(cells[2:]).defining("f") is None
    assert Submission(cells[:1]).defining("f") is None


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("name 'bias' is not defined", "name 'bias' is not defined"),
        ("name 'x0_1234' is not defined", ""),
        ("the input was 0.1234", ""),
        ("0.1234", ""),
        ("", ""),
        (
            "forward() missing 1 required positional argument: 'x'",
            "forward() missing 1 required positional argument: 'x'",
        ),
        ("forward() missing 1 required positional argument: 'secret'", ""),
        (
            "operands could not be broadcast together with shapes (5,784) (10,) ",
            "operands could not be broadcast together with shapes (5,784) (10,)",
        ),
        ("shapes (48151,62342) and (99999,) not aligned", "shapes (?,?) and (?,) not aligned"),
        ("shapes (5,784) and (0.1234,) not aligned", ""),
        ("leak: shapes (5,784) and (10,) not aligned: leak", "shapes (5,784) and (10,) not aligned"),
        (
            "unsupported operand type(s) for +: 'NoneType' and 'EagerTensor'",
            "unsupported operand type(s) for +: 'NoneType' and 'EagerTensor'",
        ),
        ("'NoneType' object has no attribute 'params'", "'NoneType' object has no attribute 'params'"),
        (
            "{{node MatMul}} Matrix size-incompatible: In[0]: [5,784], In[1]: [99,10] [Op:MatMul]",
            "Matrix size-incompatible: In[0]: [5,784], In[1]: [?,10]",
        ),
        (
            "index 777777 is out of bounds for axis 0 with size 5",
            "index ? is out of bounds for axis 0 with size 5",
        ),
    ],
)
def test_messages(submission: Submission, message: str, shown: str) -> None:
    assert submission.message(message, sizes_in([np.zeros((5, 784))])) == shown


def test_names_of_types(submission: Submission) -> None:
    assert submission.type_name("ValueError", "an exception") == "ValueError"
    assert submission.type_name("InvalidArgumentError", "an exception") == "InvalidArgumentError"
    assert submission.type_name("params", "an exception") == "params"
    for name in ("X01234", "Value Error", "", "ValueError\n", "<b>"):
        assert submission.type_name(name, "an exception") == "an exception"


@pytest.mark.parametrize("blanks", ["\n" * 900_000, "\t" * 900_000, "def\n" * 200_000, "f\n" * 400_000])
def test_a_definition_is_looked_for_at_once(blanks: str) -> None:
    """At each empty line all that follow were blanks before a definition: a cell of them took half a day."""
    cell = Cell(1, "a", blanks + "x", Failure("SyntaxError", "invalid syntax", 1))
    assert Submission([cell]).defining("f") is None


def test_only_the_start_of_a_cells_message_is_looked_at() -> None:
    error = {"output_type": "error", "ename": "E", "evalue": "x" * 5_000_000, "traceback": []}
    ran = new_code_cell("f()", execution_count=1, outputs=[NotebookNode(error)])
    [cell] = run_cells_of(new_notebook(cells=[ran]))
    assert cell.failure is not None
    assert len(cell.failure.message) == MAX_MESSAGE


def test_sizes_of_arguments() -> None:
    assert sizes_in([np.zeros((5, 7)), {"n": 30}, [(np.zeros(9),)], True, 2.5, "40"]) == {5, 7, 9}


def test_a_long_message_is_searched_quickly(submission: Submission) -> None:
    for message in ("shapes (" + "1," * 50_000, "'a" * 50_000, "{w}() missing " * 10_000):
        assert submission.message(message[:40_000], frozenset()) == ""


@pytest.mark.parametrize(
    "message",
    [
        f"shapes ({'1' * 30}) and ({'1' * 30}x",
        f"Matrix size-incompatible: In[0]: [{'1' * 54}], In[1]: [{'1' * 54}x",
        "shapes (" * 200 + "1" * 60,
        "mat1 and mat2 shapes cannot be multiplied (" + "1x" * 900,
        "cannot compute " * 60 + "a" * 900,
        "a" * 2000,
    ],
)
def test_no_message_keeps_the_grader_busy(submission: Submission, message: str) -> None:
    """Sizes that can be divided in many ways: read with backtracking, the first takes longer than a working day."""
    assert submission.message(message, frozenset()) == ""
