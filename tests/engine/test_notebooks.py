"""Notebooks as data: reading whatever is handed in, grade cells, repair, student code, variants."""

from __future__ import annotations

import ast
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder import notebooks
from autograder.course import Course
from autograder.notebooks import (
    NotebookError,
    as_text,
    grade_cells,
    grade_id,
    is_protected,
    marking_guide,
    python_text,
    read,
    replace_solutions,
    restore,
    solution_cells,
    student_code,
)

# ---------------------------------------------------------------- reading


def notebook_json(*cells: Any, **top: Any) -> str:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **top})


def code(source: Any = "x = 1", **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        **more,
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"import tensorflow as tf", "plain text, such as a Python script"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
        ("{}".encode("utf-16"), "UTF-16"),
        (b'{"cells": [\x00]}', "not valid JSON"),
        (b'{"cells": [{"source": "x = 1', "ends in the middle"),
        (b'{"cells": [{"source": "x = 1"},', "ends in the middle"),
        (b'{"cells": [\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> mine\n]}', "merge conflict"),
        (b"[1, 2]", "not a Jupyter notebook"),
        (b'{"cells": []}', "not a Jupyter notebook"),
        (b'{"nbformat": "4", "cells": []}', "not a Jupyter notebook"),
        (b'{"nbformat": 5, "cells": []}', "format 5"),
        (b'{"nbformat": 2, "worksheets": []}', "format 2"),
        (b'{"nbformat": 3, "worksheets": 7}', "format 3"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [3]}', "Cell 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "heading", "source": "x"}]}', "Cell 1"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "Cell 1"),
        (b"[" * 90_000, "nested"),
        (b'{"nbformat": 4, "cells": [], "metadata": ' + b'{"a":' * 100 + b"1" + b"}" * 101, "nested"),
        (b'{"nbformat": 4, "cells": [], "n": ' + b"9" * 5000 + b"}", "number"),
    ],
)
def test_what_is_no_notebook_gets_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotebookError, match=sentence):
        read(path)


def test_a_folder_or_a_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.ipynb"):
        with pytest.raises(NotebookError, match="cannot be read"):
            read(path)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks.reading, "MAX_BYTES", 1000)
    monkeypatch.setattr(notebooks.reading, "MAX_CELLS", 3)
    monkeypatch.setattr(notebooks.reading, "MAX_SOURCE", 50)
    (tmp_path / "a.ipynb").write_text(" " * 1001)
    with pytest.raises(NotebookError, match="larger than"):
        read(tmp_path / "a.ipynb")
    with pytest.raises(NotebookError, match="larger than"):
        read(" " * 1001)
    with pytest.raises(NotebookError, match="more than 3 cells"):
        read(notebook_json(*[code()] * 4))
    with pytest.raises(NotebookError, match="Cell 2 has more than 50"):
        read(notebook_json(code(), code("y" * 51)))
    monkeypatch.setattr(notebooks.reading, "MAX_CODE", 80)
    read(notebook_json(code("y" * 40), code("y" * 40), {"cell_type": "markdown", "source": "y" * 40}))
    with pytest.raises(NotebookError, match="more than 80 characters of code"):
        read(notebook_json(code("y" * 40), code("y" * 41)))


def test_small_damage_is_repaired() -> None:
    damaged = notebook_json(
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
        code(id="same", outputs=[{"output_type": "stream", "text": ["x\n"]}, {"output_type": "magic"}, 7]),
        code(id="same", metadata=[], execution_count="3", outputs=None),
        code(id="not an id", metadata={"tags": ["experiment", 3, "experiment", "a,b"]}),
        {"cell_type": "markdown", "source": "text", "metadata": None, "attachments": 3, "outputs": []},
        metadata=None,
        nbformat_minor=2,
    )
    notebook = read(damaged)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["a = 1\nb = 2", "x = 1", "x = 1", "x = 1", "text"]
    assert [cell.id for cell in notebook.cells] == ["cell-0", "same", "cell-2", "cell-3", "cell-4"]
    assert notebook.cells[1].outputs == [{"output_type": "stream", "name": "stdout", "text": "x\n"}]
    assert notebook.cells[3].metadata.tags == ["experiment"]


def test_metadata_that_break_the_format_are_dropped_but_not_nbgraders() -> None:
    marked = {"nbgrader": {"grade_id": "f", "solution": True}, "tags": ["experiment"], "collapsed": "perhaps"}
    notebook = read(notebook_json(code(metadata=marked), metadata={"kernelspec": 7}))
    assert notebook.cells[0].metadata == {
        "nbgrader": {"grade_id": "f", "solution": True},
        "tags": ["experiment"],
    }
    nbformat.validate(notebook)


def test_outputs_that_break_the_format_are_dropped() -> None:
    bad = {"output_type": "display_data", "data": {"application/+json": {"a": [1]}}, "metadata": {"a": 1}}
    notebook = read(notebook_json(code("keep = 1", outputs=[bad])))
    nbformat.validate(notebook)
    assert notebook.cells[0].source == "keep = 1"


def test_text_that_cannot_be_stored_is_replaced() -> None:
    text = notebook_json(code("a = '@0@1'")).replace("@0", "\\u0000").replace("@1", "\\ud800")
    assert read(text).cells[0].source == "a = '\ufffd\ufffd'"
    as_text(read(text)).encode("utf-8")


def test_infinite_numbers_are_dropped() -> None:
    notebook = read(notebook_json(code(), metadata={"a": 1}).replace('"a": 1', '"a": 1e999, "b": NaN'))
    assert notebook.metadata == {"a": None, "b": None}


def version_3(*cells: dict[str, Any]) -> str:
    return json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": list(cells), "metadata": {}}]})


@pytest.mark.parametrize("level", [10**12, 10**400, -1, 0, "6", None, True, 2.5, [1]])
def test_no_heading_of_format_3_fills_the_memory(level: object) -> None:
    """The conversion writes as many signs as the level says: twelve characters would be a terabyte."""
    heading = {"cell_type": "heading", "level": level, "source": "Title", "metadata": {}}
    assert read(version_3(heading)).cells[0].source == "# Title"
    assert read(version_3({**heading, "level": 3})).cells[0].source == "### Title"


def test_what_is_slow_to_convert_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks.reading, "MAX_OUTPUTS_3", 5)
    output = {"output_type": "stream", "stream": "stdout", "text": "a"}
    cell = {"cell_type": "code", "language": "python", "input": "x", "metadata": {}, "collapsed": False}
    read(version_3({**cell, "outputs": [output] * 5}))
    with pytest.raises(NotebookError, match="too large to be converted"):
        read(version_3({**cell, "outputs": [output] * 3}, {**cell, "outputs": [output] * 3}))


def test_format_3_is_converted() -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Title"], "metadata": {}},
                    {
                        "cell_type": "code",
                        "input": ["x = 1"],
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                        "collapsed": False,
                    },
                ],
            }
        ],
    }
    notebook = read(json.dumps(old))
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        ("markdown", "## Title"),
        ("code", "x = 1"),
    ]


def test_reading_is_deterministic_and_stable() -> None:
    text = notebook_json(code(), code(id="cell-0"), {"cell_type": "raw", "source": ""})
    once = as_text(read(text))
    assert once == as_text(read(text))
    assert as_text(read(once)) == once


# ---------------------------------------------------------------- cells


@pytest.fixture
def source(mini_course: Course) -> NotebookNode:
    return read(mini_course.source("mini"))


@pytest.fixture
def release(mini_course: Course) -> NotebookNode:
    return read(mini_course.release("mini"))


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    found = [c for c in notebook.cells if grade_id(c) == name]
    assert len(found) == 1
    return found[0]


def names(notebook: NotebookNode) -> list[str | None]:
    return [grade_id(c) for c in notebook.cells]


def test_grade_cells_have_points_kind_and_title(source: NotebookNode) -> None:
    assert [(c.id, c.points, c.kind, c.title) for c in grade_cells(source)] == [
        ("standardise-values", 2, "autograded", "Standardise"),
        ("average-values", 3, "autograded", "Moving average"),
        ("q-constant", 2, "manual", "A question"),
        ("more", 1, "task", "More experiments"),
    ]


def test_a_hash_in_a_code_block_is_no_title(source: NotebookNode) -> None:
    cell(source, "standardise-text").source = "## True title\n```\n# a comment\n```"
    assert grade_cells(source)[0].title == "True title"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Plain", "Plain"),
        ("## Closed ##  ", "Closed"),
        ("#\tTab", "Tab"),
        ("#No blank\n####### Seven", ""),
        ("#\n\nNot the heading's line", ""),
        ("# #\n#  \n", ""),
        ("# C# and F#", "C# and F"),
    ],
)
def test_titles_are_what_follows_the_hashes(source: NotebookNode, text: str, title: str) -> None:
    source.cells = [new_markdown_cell(text), cell(source, "standardise-values")]
    assert grade_cells(source)[0].title == title


@pytest.mark.parametrize("blank", [" ", " #", "# ", "\t", "\n"])
def test_a_heading_of_blanks_is_read_at_once(source: NotebookNode, blank: str) -> None:
    """The titles of a hand-in are looked for, too: a search that backtracks would not end in a year."""
    source.cells = [new_markdown_cell("# a" + blank * 100_000 + "x"), cell(source, "standardise-values")]
    assert grade_cells(source)[0].title.endswith(("x", "a"))


def test_solution_and_protected_cells(source: NotebookNode) -> None:
    assert [c.grade_id for c in solution_cells(source)] == ["standardise", "moving_average", "q-constant"]
    assert [grade_id(c) for c in source.cells if is_protected(c)] == [
        "imports",
        "standardise-text",
        "standardise-values",
        "average-text",
        "average-values",
        "constant-text",
        "more",
    ]


def test_marking_guide_is_for_manual_items_only(source: NotebookNode, release: NotebookNode) -> None:
    guide = marking_guide(source)
    assert list(guide) == ["q-constant", "more"]
    assert guide["q-constant"].startswith("Full points")
    assert guide["more"] == "One point for a plot with labelled axes and a sentence that says what it shows."
    assert "point for" not in as_text(release)


# ---------------------------------------------------------------- restore


def test_an_honest_hand_in_is_left_alone(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    cell(submitted, "standardise").source = "def standardise(x): return x"
    submitted.cells.insert(4, new_code_cell("print(1)", id="mine", metadata={"tags": ["experiment"], "a": 1}))
    restored, notices = restore(submitted, release)
    assert restored == submitted
    assert notices == ()


def test_course_text_and_metadata_return(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    check = cell(submitted, "average-values")
    check.source = "assert True"
    check.metadata.nbgrader.update(points=100, grade=False, locked=False, solution=True)
    check.metadata.tags = ["skip-execution"]
    cell(submitted, "standardise").metadata.tags = ["experiment", "skip-execution"]
    cell(submitted, "q-constant").metadata.nbgrader.points = 50
    submitted.metadata.kernelspec.name = "evil"
    restored, notices = restore(submitted, release)
    assert restored == release
    assert notices == (
        "The cell “average-values” belongs to the course and is not as it was released; the released text was used.",
    )


def test_blanks_at_line_ends_are_no_edit(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    cell(submitted, "imports").source += "\n\n"
    assert restore(submitted, release) == (release, ())


def test_order_of_the_student_is_kept(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    submitted.cells.reverse()
    restored, notices = restore(submitted, release)
    assert names(restored) == list(reversed(names(release)))
    assert notices == ()


def test_deleted_course_cells_return_after_their_predecessor(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    gone = {"imports", "standardise-values", "average-text", "q-constant", "more"}
    submitted.cells = [c for c in submitted.cells if grade_id(c) not in gone]
    restored, notices = restore(submitted, release)
    kept = [name for name in names(restored) if name]
    assert kept == [name for name in names(release) if name]
    assert cell(restored, "q-constant").source == "YOUR ANSWER HERE"
    assert len(notices) == 1
    assert all(f"“{name}”" in notices[0] for name in gone)


def test_a_deleted_solution_cell_stays_away(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    cell(submitted, "standardise").source = "def standardise(x): ...\ndef moving_average(x, w): ..."
    submitted.cells.remove(cell(submitted, "moving_average"))
    restored, _ = restore(submitted, release)
    assert "moving_average" not in names(restored)
    assert "average-values" in names(restored)


def test_duplicates_keep_the_students_work(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    solution = cell(submitted, "standardise")
    position = submitted.cells.index(solution)
    first, second, stub = deepcopy(solution), deepcopy(solution), deepcopy(solution)
    first.source, second.source = "def standardise(x): return 1", "def standardise(x): return 2"
    first.id, second.id, stub.id = "one", "two", "three"
    submitted.cells[position : position + 1] = [first, second, stub]
    restored, notices = restore(submitted, release)
    texts = [(grade_id(c), c.source) for c in restored.cells[position : position + 2]]
    assert texts == [(None, first.source), ("standardise", second.source)]
    assert len(restored.cells) == len(release.cells) + 1, "the copy of the stub would undo the work"
    assert "“standardise” was there 3 times" in notices[0]


def test_copies_of_protected_cells_lose_their_role(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    edited = deepcopy(cell(submitted, "standardise-values"))
    edited.source, edited.id = "print('my own check')", "edited"
    submitted.cells.append(edited)
    restored, _ = restore(submitted, release)
    assert restored.cells[-1].source == "print('my own check')"
    assert grade_id(restored.cells[-1]) is None
    assert cell(restored, "standardise-values") == cell(release, "standardise-values")
    assert len({c.id for c in restored.cells}) == len(restored.cells)


def test_changed_cell_types_are_repaired(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    position = submitted.cells.index(cell(submitted, "standardise"))
    mark = submitted.cells[position].metadata
    submitted.cells[position] = new_markdown_cell(
        "def standardise(x): return x", id="standardise", metadata=mark
    )
    answer = cell(submitted, "q-constant")
    position_answer = submitted.cells.index(answer)
    submitted.cells[position_answer] = new_code_cell("0 / 0", id="q-constant", metadata=answer.metadata)
    restored, notices = restore(submitted, release)
    nbformat.validate(restored)
    assert restored.cells[position].cell_type == "code"
    assert restored.cells[position].source == "def standardise(x): return x"
    assert (restored.cells[position_answer].cell_type, restored.cells[position_answer].source) == (
        "markdown",
        "0 / 0",
    )
    assert len(notices) == 2


def test_unknown_grading_metadata_are_stripped(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    mark = {"grade": True, "grade_id": "bonus", "points": 99, "locked": True, "solution": False}
    submitted.cells.append(
        new_code_cell("1", id="x", metadata={"nbgrader": mark, "tags": ["hide", "experiment"]})
    )
    submitted.cells.append(new_code_cell("2", id="y", metadata={"nbgrader": ["grade_id"]}))
    restored, notices = restore(submitted, release)
    assert restored.cells[-2].metadata == {"tags": ["experiment"]}
    assert restored.cells[-1].metadata == {}
    assert grade_cells(restored) == grade_cells(release)
    assert "“bonus”" in notices[0]


def test_a_foreign_notebook_becomes_own_cells(release: NotebookNode) -> None:
    submitted = read(
        notebook_json(code("import torch"), code("model = 1"), metadata={"kernelspec": {"name": "r"}})
    )
    restored, notices = restore(submitted, release)
    assert [c.source for c in restored.cells[:2]] == ["import torch", "model = 1"]
    assert grade_cells(restored)[0].id == "standardise-values"
    assert [c.id for c in grade_cells(restored)] == [c.id for c in grade_cells(release)]
    assert restored.metadata.kernelspec.name == "python3"
    assert "None of the assignment's cells were recognised" in notices[0]


def test_an_empty_notebook_is_repaired(release: NotebookNode) -> None:
    restored, _ = restore(read(notebook_json()), release)
    assert [c.id for c in grade_cells(restored)] == [c.id for c in grade_cells(release)]


def test_cells_that_lost_their_metadata_are_recognised(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    cell(submitted, "standardise").source = "def standardise(x): return x"
    for c in submitted.cells:
        c.metadata = NotebookNode()
    submitted.cells[1].id = "renamed"  # protected: recognised by its text
    restored, notices = restore(submitted, release)
    assert names(restored) == names(release)
    assert cell(restored, "standardise").source == "def standardise(x): return x"
    assert notices == ()


def test_a_source_notebook_may_not_stand_in_for_the_release(source: NotebookNode) -> None:
    with pytest.raises(ValueError, match="release"):
        restore(source, source)


def test_restore_changes_neither_input(release: NotebookNode) -> None:
    submitted = read(notebook_json(code(metadata={"nbgrader": {"grade_id": "imports"}})))
    before, release_before = deepcopy(submitted), deepcopy(release)
    restore(submitted, release)
    assert (submitted, release) == (before, release_before)


# ---------------------------------------------------------------- student code and variants


def test_student_code_is_what_the_student_wrote_and_is_run(release: NotebookNode) -> None:
    submitted = deepcopy(release)
    submitted.cells.append(new_code_cell("import keras", id="mine"))
    restored, _ = restore(submitted, release)
    assert [(c.grade_id, c.text.split("\n")[0]) for c in student_code(restored)] == [
        ("standardise", "def standardise(x):"),
        ("moving_average", "def moving_average(x, width):"),
        (None, "import keras"),
    ]
    assert any(c.text.startswith("# A place") for c in student_code(restored, experiments=True))
    for c in student_code(restored):
        assert restored.cells[c.index].source == c.text


def test_a_variant_replaces_and_adds(source: NotebookNode) -> None:
    added = [
        (None, "top = 1"),
        ("standardise", "a = 1"),
        ("standardise", "b = 2"),
        ("moving_average", "c = 3"),
    ]
    variant = replace_solutions(source, {"standardise": "def standardise(x): return 0"}, added)
    nbformat.validate(variant)
    texts = [c.source for c in variant.cells]
    at = texts.index("def standardise(x): return 0")
    imports = next(i for i, text in enumerate(texts) if text.startswith("import "))
    assert texts[imports + 1] == "top = 1"  # where it can use what the notebook imports
    assert texts[at + 1 : at + 3] == ["a = 1", "b = 2"]
    assert variant.cells[texts.index("c = 3") - 1].metadata.nbgrader.grade_id == "moving_average"
    assert cell(variant, "moving_average").source == cell(source, "moving_average").source


def test_a_variant_of_an_unknown_cell_is_refused(source: NotebookNode) -> None:
    with pytest.raises(NotebookError, match="There are: standardise, moving_average"):
        replace_solutions(source, {"imports": "import os"})
    with pytest.raises(NotebookError, match="no such cell"):
        replace_solutions(source, {}, [("nowhere", "x")])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install \\\n  torch\nx = 1", "pass\n\nx = 1"),
        ("for i in range(2):\n    !ls\n    %time f(i)", "for i in range(2):\n    pass\n    f(i)"),
        ("files = !ls\ny = %time g(1)", "files = None\ny = g(1)"),
        ("%timeit -n 10 -r 3 h()", "h()"),
        ("s = '''\n%time\n!ls\n'''\nz = 3 % 2", "s = '''\n%time\n!ls\n'''\nz = 3 % 2"),
        ("np.zeros?\nx = 1", "pass\nx = 1"),
        ("%%time\nx = 1", "\nx = 1"),
        ("%%capture out\n%%time\nx = 1", "\n\nx = 1"),
        ("%%bash\nrm -rf x\nls", ""),
        ("%%writefile net.py\nimport keras", "\nimport keras"),
        ("%%writefile notes.txt\nnot python at all", ""),
        ("%time import keras", "import keras"),
        ("x = 1\x0cy", "x = 1\x0cy"),
    ],
)
def test_magics_are_neutralised_and_lines_keep_their_numbers(text: str, plain: str) -> None:
    assert python_text(text).rstrip("\n") == plain
    if "\x0c" not in text:
        ast.parse(python_text(text))


@pytest.mark.parametrize(
    "text",
    ["", "x = (", "s = '''", "\x00", "%", "%%", "def f(:\n !ls", "\t:\n :", "%time " * 50, "!\n" * 600],
)
def test_broken_code_comes_back(text: str) -> None:
    assert isinstance(python_text(text), str)


def test_a_tower_of_cell_magics_is_taken_down_at_once() -> None:
    """Had each of them the rest of the cell put together, a million characters would take six minutes."""
    assert python_text("%%time\n" * 100_000 + "x = 1") == "\n" * 100_000 + "x = 1"


def test_a_flood_of_magics_is_still_neutralised() -> None:
    text = "%load_ext a\n!ls\nx = 1\n" * 2000
    tree = ast.parse(python_text(text))
    assert len(tree.body) == 6000
    assert tree.body[-1].lineno == 6000
