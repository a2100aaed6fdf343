"""Variant files: reading them, and comparing a grade with what they expect."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.grade import Grade, ItemGrade, Status
from autograder.grading.variants import VariantError, read_variant, read_variants

WRONG = '''"""Forgets
the bias."""
# expect: loses forward
# may-lose: training accuracy
# %% +
import math
# %% forward
def forward(x):
    return x  # %% not a cell

# %% +
print("own cell")
'''


def write(folder: Path, text: str, name: str = "wrong_bias.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def grade(**scores: float | None) -> Grade:
    items = tuple(
        ItemGrade(
            id=name.replace("_", "-"),
            score=score,
            max_score=2.0,
            status=Status.MANUAL if score is None else Status.PASSED if score == 2 else Status.FAILED,
        )
        for name, score in scores.items()
    )
    return Grade(assignment="a", score=0, max_score=2.0 * len(items), status="graded", items=items)


def test_reads_cells_headers_and_added_cells(tmp_path: Path) -> None:
    variant = read_variant(write(tmp_path, WRONG))
    assert variant.name == "wrong_bias"
    assert variant.description == "Forgets the bias."
    assert variant.loses == {"forward"}
    assert variant.may_lose == {"training", "accuracy"}
    assert variant.replaced == {"forward": "def forward(x):\n    return x  # %% not a cell"}
    assert variant.added == ((None, "import math"), ("forward", 'print("own cell")'))


@pytest.mark.parametrize(
    "text",
    [
        '"""No expectation."""\n# %% forward\nx = 1\n',
        "# expect: loses\n# %% forward\nx = 1\n",
        "# expect: full forward\n# %% forward\nx = 1\n",
        "# expect: perhaps\n# %% forward\nx = 1\n",
        "# %% forward\n# expect: full\n",
        "# expect: full\n# %% forward\nx = 1\n# %% forward\nx = 2\n",
        "# expect: full\n# %%\nx = 1\n",
        "def broken(:\n# expect: full\n# %% forward\nx = 1\n",
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(VariantError, match=r"wrong_bias\.py"):
        read_variant(write(tmp_path, text))


def test_files_with_an_underscore_are_no_variants(tmp_path: Path) -> None:
    write(tmp_path, WRONG)
    write(tmp_path, "not a variant", "_shared.py")
    assert [variant.name for variant in read_variants(tmp_path)] == ["wrong_bias"]


def test_a_cell_that_defines_functions_of_later_cells_stands_for_them(tmp_path: Path) -> None:
    solution = new_notebook(
        cells=[
            new_code_cell(
                f"def {name}(x):\n    return x",
                metadata={
                    "nbgrader": {
                        "grade": False,
                        "grade_id": name,
                        "locked": False,
                        "schema_version": 3,
                        "solution": True,
                        "task": False,
                    }
                },
            )
            for name in ("before", "forward", "loss", "train")
        ]
    )
    group = "def before(x): return 1\ndef forward(x): return 2\ndef loss(x): return 3"
    text = f"# expect: full\n# %% forward\n{group}\n# %% train\ndef loss(x): return 4\n"
    made = read_variant(write(tmp_path, text)).apply(solution)
    before, forward, loss, train = (cell.source for cell in made.cells)
    assert before == "def before(x):\n    return x"  # what comes first is redefined anyway
    assert forward == group
    assert loss == ""
    assert train == "def loss(x): return 4"


def test_what_a_wrong_variant_must_and_may_lose(tmp_path: Path) -> None:
    variant = read_variant(write(tmp_path, WRONG))
    assert variant.disagreements(grade(forward=0.0, training=1.0, accuracy=2.0, other=2.0)) == []
    assert variant.disagreements(grade(forward=2.0, training=2.0, accuracy=2.0, other=2.0)) == [
        "keeps forward (2 of 2), which it should lose"
    ]
    (found,) = variant.disagreements(grade(forward=1.5, training=2.0, accuracy=2.0, other=1.0))
    assert found.startswith("loses other (1 of 2)")


def test_open_items_and_the_hand_in_are_not_compared(tmp_path: Path) -> None:
    variant = read_variant(write(tmp_path, "# expect: full\n# %% forward\nx = 1\n"))
    assert variant.disagreements(grade(forward=2.0, question=None, hand_in=0.0)) == []


def test_items_that_do_not_exist_are_named(tmp_path: Path) -> None:
    variant = read_variant(write(tmp_path, WRONG))
    assert "names no item of the assignment: accuracy" in variant.disagreements(
        grade(forward=0.0, training=2.0)
    )


def test_an_item_that_waits_for_a_gpu_says_nothing_yet(tmp_path: Path) -> None:
    variant = read_variant(write(tmp_path, "# expect: loses fast\n# %% forward\nx = 1\n"))
    open_item = ItemGrade(id="fast", score=None, max_score=2.0, status=Status.DEFERRED)
    waiting = Grade(assignment="a", score=0, max_score=2.0, status="incomplete", items=(open_item,))
    assert variant.disagreements(waiting) == []
    assert variant.disagreements(grade(fast=2.0)) == ["keeps fast (2 of 2), which it should lose"]
