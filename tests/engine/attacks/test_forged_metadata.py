"""Line 25 of the notes: hand-ins with edited metadata."""

from __future__ import annotations

import copy
import json
from typing import Any

import nbformat
import pytest
from arena import Arena

from autograder import notebooks


def _with_metadata(arena: Arena, change: Any) -> str:
    base = notebooks.replace_solutions(notebooks.read(arena.course.release("mini")), {})
    content: dict[str, Any] = copy.deepcopy(base)
    for cell in content["cells"]:
        change(cell)
    content["cells"] = [cell for cell in content["cells"] if cell]
    return json.dumps(content)


def _points(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    if "points" in mark:
        mark["points"] = 1e6


def _unmark(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    mark.update(grade=False, locked=False, solution=True)


def _rename(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    if "grade_id" in mark:
        mark["grade_id"] = "more" if mark.get("points") else "free-points"


def _tag(cell: dict[str, Any]) -> None:
    cell["metadata"]["tags"] = [
        "experiment",
        "skip-execution",
        "remove_cell",
        "nbgrader-skip",
        "raises-exception",
    ]


def _delete(cell: dict[str, Any]) -> None:
    if cell["metadata"].get("nbgrader", {}).get("locked"):
        cell.clear()


def _negative(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    if "points" in mark:
        mark["points"] = -5
        mark["schema_version"] = 99


def _edit(cell: dict[str, Any]) -> None:
    if cell["metadata"].get("nbgrader", {}).get("locked") and cell["cell_type"] == "code":
        cell["source"] = "standardise = lambda x: (x - x.mean(axis=0)) / x.std(axis=0)" * 0 + "SCORE = 5"


def _as_believed(notebook: Any) -> list[Any]:
    """What nbgrader's metadata, tags and protected texts of a notebook say, without a look at the course."""
    return [
        (
            cell.metadata.get("nbgrader", {}),
            cell.metadata.get("tags"),
            notebooks.is_protected(cell) and cell.source,
        )
        for cell in notebook.cells
    ]


@pytest.mark.parametrize("change", [_points, _unmark, _rename, _tag, _delete, _negative, _edit])
def test_edited_metadata(arena: Arena, change: Any) -> None:
    """25: points, ids, flags, tags, deleted and edited cells: the course decides about all of them.

    Whoever believes the hand-in reads something else than was released.
    """
    before = arena.state()
    forged = _with_metadata(arena, change)
    released = notebooks.read(arena.course.release("mini"))
    assert _as_believed(notebooks.read(forged)) != _as_believed(released)
    result = arena.grade_text(forged)
    arena.unharmed(result, before)
    release = notebooks.grade_cells(notebooks.read(arena.course.release("mini")))
    assert [(item.id, item.max_score) for item in result.grade.items] == [(c.id, c.points) for c in release]
    assert result.grade.max_score == sum(cell.points for cell in release)
    returned = nbformat.reads(result.grade.notebook, 4)
    assert {(c.id, c.points) for c in notebooks.grade_cells(returned)} == {(c.id, c.points) for c in release}


def test_a_kernel_of_the_students_choice(arena: Arena) -> None:
    """25: the kernelspec in the hand-in names a program; the course's is used."""

    def nothing(cell: dict[str, Any]) -> None:
        pass

    content = json.loads(_with_metadata(arena, nothing))
    content["metadata"]["kernelspec"] = {"name": "../../evil", "display_name": "<script>", "language": "bash"}
    content["metadata"]["language_info"] = {"name": "bash", "file_extension": ".sh"}
    result = arena.grade_text(json.dumps(content))
    assert "evil" not in result.grade.notebook
    assert result.grade.status == "graded"
