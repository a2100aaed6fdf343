"""Random and mutated hand-ins through `restore` and through the whole grading: a grade, never points that were not
earned, never a crash.
"""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.course import Course
from autograder.grading.engine import grade
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.intake import Submission
from autograder.notebooks import NotebookError, as_text, grade_cells, grade_id, is_protected, read, restore
from autograder.sanitise import clean_notebook

RELEASE_PATH = Path(__file__).parent / "course_fixture" / "release" / "mini" / "mini.ipynb"
RELEASE_TEXT = RELEASE_PATH.read_text(encoding="utf-8")
RELEASE = read(RELEASE_PATH)
POINTS = {cell.id: cell.points for cell in grade_cells(RELEASE)}

EVERYDAY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ALL = settings(EVERYDAY, max_examples=10_000, derandomize=False)

TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "\0",
        "\ud800",
        "\u202e",
        "\x1b]0;x\x07",
        "<script>",
        "../..",
        "experiment",
        "more",
        "standardise",
        "average-values",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
# What the code of a cell may be: nothing here is a solution, so nothing may earn points.
SOURCES = st.sampled_from(
    [
        "",
        "def standardise(x): return x",
        "standardise = moving_average = None",
        "class standardise: pass",
        "raise SystemExit(0)",
        "import os; os._exit(0)",
        "print('\\ud800' if 0 else 'PASSED', 5.0)",
        "def moving_average(x, width): raise SystemExit",
        "def moving_average(x, width): import os; os._exit(3)",
        "%%bash\necho hi",
        "!echo hi",
        "%time 1",
        "?print",
        "x = (",
        "\x00",
        "from IPython.display import HTML; HTML('<script>alert(1)</script>')",
        "display({'text/plain': 'a'}, raw=True, display_id='a'); get_ipython().kernel.iopub_socket",
        "import sys; sys.stdout.write('x' * 400_000)",
        "get_ipython().run_line_magic('reset', '-f')",
        "del np",
        "__builtins__.__dict__['len'] = lambda x: 7",
    ]
)
MARKS = st.fixed_dictionaries(
    {},
    optional={
        "grade_id": st.sampled_from([*POINTS, "imports", "standardise", "moving_average", "new"]) | JSON,
        "points": JSON,
        "grade": JSON,
        "locked": JSON,
        "solution": JSON,
        "task": JSON,
        "schema_version": JSON,
    },
)
METADATA = st.fixed_dictionaries(
    {}, optional={"nbgrader": MARKS | JSON, "tags": st.lists(TEXTS, max_size=3) | JSON, "editable": JSON}
)
OUTPUTS = st.lists(
    st.fixed_dictionaries(
        {"output_type": st.sampled_from(["stream", "display_data", "execute_result", "error"]) | TEXTS},
        optional={
            "name": JSON,
            "text": JSON,
            "data": JSON,
            "metadata": JSON,
            "traceback": JSON,
            "ename": JSON,
        },
    ),
    max_size=2,
)
CELLS = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "code", "code", "markdown", "raw"]),
        "metadata": METADATA,
        "source": SOURCES,
    },
    optional={"id": TEXTS, "outputs": OUTPUTS, "execution_count": JSON, "attachments": JSON},
)


@st.composite
def hand_ins(draw: st.DrawFn) -> str:
    """The release with cells changed, moved, doubled, removed and added, and odd metadata of its own."""
    content: dict[str, Any] = json.loads(RELEASE_TEXT)
    cells: list[Any] = content["cells"]
    for _ in range(draw(st.integers(0, 5))):
        how = draw(
            st.sampled_from(["add", "double", "remove", "swap", "source", "metadata", "type", "field"])
        )
        at = draw(st.integers(0, max(0, len(cells) - 1)))
        if how == "add" or not cells:
            cells.insert(at, draw(CELLS))
        elif how == "double":
            cells.insert(at, copy.deepcopy(cells[at]))
        elif how == "remove":
            del cells[at]
        elif how == "swap":
            cells[at], cells[0] = cells[0], cells[at]
        elif how == "source":
            cells[at]["source"] = draw(SOURCES)
        elif how == "metadata":
            cells[at]["metadata"] = draw(METADATA)
        elif how == "type":
            cells[at]["cell_type"] = draw(st.sampled_from(["code", "markdown", "raw"]))
        else:
            cells[at][
                draw(st.sampled_from(["source", "outputs", "id", "metadata", "cell_type", "extra"]))
            ] = draw(JSON)
    if draw(st.booleans()):
        content["metadata"] = draw(st.dictionaries(TEXTS | st.just("kernelspec"), JSON, max_size=3))
    return json.dumps(content)


def check_restored(text: str) -> None:
    try:
        submitted = read(text)
    except NotebookError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.isprintable()
        return
    restored, notices = restore(submitted, RELEASE)
    nbformat.validate(restored)
    as_text(restored).encode("utf-8")
    assert {cell.id: cell.points for cell in grade_cells(restored)} == POINTS
    assert {grade_id(c): c.source for c in restored.cells if is_protected(c)} == {
        grade_id(c): c.source for c in RELEASE.cells if is_protected(c)
    }
    assert restored.metadata == RELEASE.metadata
    assert all(notice.isprintable() for notice in notices)
    # Again: no code comes or goes. (A cell that carried another's name may be recognised by its id only now.)
    again, _ = restore(restored, RELEASE)
    assert [cell.source for cell in again.cells] == [cell.source for cell in restored.cells]


@EVERYDAY
@given(hand_ins())
def test_hand_ins_are_restored_or_refused(text: str) -> None:
    check_restored(text)


@pytest.mark.full
@ALL
@given(hand_ins())
def test_hand_ins_at_full_scale(text: str) -> None:
    check_restored(text)


def check_grade(text: str, course: Course) -> None:
    anywhere = GradingSettings(isolation="weak")
    result = grade(Submission(assignment="mini", student="s", notebook=text), course, anywhere)
    if result.status == "rejected":
        assert result.reason.isprintable()
        return
    assert {item.id: item.max_score for item in result.items} == POINTS
    earned = {item.id: item.score for item in result.items if item.score}
    assert not earned, earned
    assert Grade.model_validate_json(result.model_dump_json()) == result
    executed = nbformat.reads(result.notebook, 4)
    nbformat.validate(executed)
    nbformat.validate(clean_notebook(executed))
    assert len(result.notebook) < 4 * 1024 * course.assignment("mini").limits.output_kb
    for sentence in (*result.notices, *(item.message for item in result.items)):
        assert sentence.isprintable(), sentence


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The mini course with tests that an input which comes back unchanged does not pass."""
    folder = tmp_path_factory.mktemp("course") / "mini"
    shutil.copytree(RELEASE_PATH.parents[2], folder)
    tests = folder / "tests" / "hidden" / "mini" / "test_mini.py"
    text = tests.read_text(encoding="utf-8")
    tests.write_text(text[: text.index('@pytest.mark.item("average-values", weight=1)')], encoding="utf-8")
    settings_file = folder / "course.yaml"
    quick = (
        settings_file.read_text(encoding="utf-8")
        .replace("call_s: 5", "call_s: 1")
        .replace("cell_s: 20", "cell_s: 3")
    )
    settings_file.write_text(quick, encoding="utf-8")
    return Course.load(folder)


@settings(EVERYDAY, max_examples=15)
@given(text=hand_ins())
def test_hand_ins_are_graded(text: str, course: Course) -> None:
    check_grade(text, course)


@pytest.mark.full
@settings(ALL, max_examples=120)
@given(text=hand_ins())
def test_hand_ins_are_graded_at_full_scale(text: str, course: Course) -> None:
    check_grade(text, course)
