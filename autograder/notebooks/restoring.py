"""A hand-in put right: what a student may change stays, what belongs to the course comes from the course.

The student's order of cells is kept. Whatever a student wrote stays in the notebook, at worst as an own cell.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy

from nbformat import NotebookNode

from autograder.notebooks.cells import EXPERIMENT, grade_id, is_protected, marking

_Kept = list[tuple[str | None, NotebookNode]]  # name of the course cell that it stands for, and the cell

_KEPT_TAGS = (EXPERIMENT, "raises-exception")
_SECRETS = ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")


def restore(submitted: NotebookNode, course_notebook: NotebookNode) -> tuple[NotebookNode, tuple[str, ...]]:
    """The hand-in with protected cells and all nbgrader metadata as released, and what was changed.

    submitted:        from `read`
    course_notebook:  the release; a source notebook raises ValueError: no student may get its solutions
    returns           a new notebook, and sentences for the student
    """
    _refuse_source(course_notebook)
    course = {name: cell for cell in course_notebook.cells if (name := grade_id(cell))}
    notices: list[str] = []
    cells = [deepcopy(cell) for cell in submitted.cells]
    chosen = _choose(cells, course, notices)
    kept: _Kept = []
    for position, cell in enumerate(cells):
        if id(cell) in chosen:
            name = chosen[id(cell)]
            kept.append((name, _as_course(cell, course[name], name, notices)))
        elif not _is_surplus(cell, course):
            kept.append((None, _as_own(cell, position, course, notices)))
    kept = _with_missing(kept, course, notices)
    own = {
        "metadata": deepcopy(course_notebook.metadata),
        "cells": _with_unique_ids([cell for _, cell in kept]),
    }
    return NotebookNode({**submitted, **own}), tuple(notices)


def _refuse_source(course_notebook: NotebookNode) -> None:
    for cell in course_notebook.cells:
        if any(marker in cell.source for marker in _SECRETS):
            raise ValueError(
                "restore() needs the release notebook; this one still holds solutions or marking text"
            )


def _choose(cells: list[NotebookNode], course: dict[str, NotebookNode], notices: list[str]) -> dict[int, str]:
    """Which cell stands for which cell of the course: id(cell) -> name.

    Of several that carry a name, a protected cell is the first (later cells rely on it); a solution cell is
    the last in which the student wrote something, as its definitions hold when the notebook has run. A
    cell that lost its metadata is recognised by the cell id of the release or, if protected, by its text.
    """
    claims: dict[str, list[NotebookNode]] = defaultdict(list)
    for cell in cells:
        name = _claimed(cell)
        if name in course:
            claims[name].append(cell)
    chosen: dict[int, str] = {}
    for name, claimants in claims.items():
        if is_protected(course[name]):
            best = claimants[0]
        else:
            written = [cell for cell in claimants if cell.source != course[name].source]
            best = written[-1] if written else claimants[0]
        chosen[id(best)] = name
        if len(claimants) > 1:
            notices.append(
                f"The cell “{name}” was there {len(claimants)} times. One was taken as the course's cell; "
                "the others, where you wrote something in them, run as cells of your own."
            )
    _recognise(cells, course, claims, chosen)
    return chosen


def _recognise(
    cells: list[NotebookNode],
    course: dict[str, NotebookNode],
    claims: dict[str, list[NotebookNode]],
    chosen: dict[int, str],
) -> None:
    ids = {cell.get("id"): name for name, cell in course.items() if name not in claims}
    texts = {cell.source: name for name, cell in course.items() if name not in claims and is_protected(cell)}
    for cell in cells:
        if _claimed(cell) is not None:
            continue
        name = ids.get(cell.get("id")) or texts.get(cell.source)
        if name is not None and name not in chosen.values():
            chosen[id(cell)] = name


def _as_course(cell: NotebookNode, original: NotebookNode, name: str, notices: list[str]) -> NotebookNode:
    """The student's cell with the course's metadata and type, and the course's text if that is protected."""
    if cell.cell_type != original.cell_type:
        notices.append(f"The type of the cell “{name}” was changed; it is a {original.cell_type} cell again.")
        cell = _of_type(cell, original.cell_type)
    if is_protected(original) and cell.source != original.source:
        if cell.source.split() != original.source.split():
            notices.append(
                f"The cell “{name}” belongs to the course and is not as it was released; the released text was used."
            )
        cell.source = original.source
    if is_protected(original) and cell.cell_type != "code":
        cell.pop("attachments", None)
        if "attachments" in original:
            cell.attachments = deepcopy(original.attachments)
    cell.metadata = deepcopy(original.metadata)
    return cell


def _as_own(
    cell: NotebookNode, position: int, course: dict[str, NotebookNode], notices: list[str]
) -> NotebookNode:
    """A cell of the student's: no nbgrader metadata, and no tag that skips it but `experiment`."""
    name = _claimed(cell)
    if name is not None and name not in course:
        notices.append(
            f"Cell {position + 1} carried the name “{_readable(name)}”, which this assignment does not have; "
            "it runs as a cell of your own."
        )
    cell.metadata.pop("nbgrader", None)
    tags = [tag for tag in cell.metadata.get("tags", []) if tag in _KEPT_TAGS]
    cell.metadata.pop("tags", None)
    if tags:
        cell.metadata["tags"] = tags
    return cell


def _is_surplus(cell: NotebookNode, course: dict[str, NotebookNode]) -> bool:
    """Another copy of a course cell, with nothing written in it: running it could undo the student's work."""
    name = _claimed(cell)
    return name in course and cell.source == course[name].source


def _with_missing(kept: _Kept, course: dict[str, NotebookNode], notices: list[str]) -> _Kept:
    """Put back what was deleted: protected cells and cells with points, each after its predecessor.

    A deleted solution cell without points stays away: its stub would undo what the student defined elsewhere.
    """
    present = {name for name, _ in kept if name is not None}
    foreign = not present
    restored = []
    after = len(kept) if foreign else 0
    for name, original in course.items():
        if name in present:
            after = next(i for i, (other, _) in enumerate(kept) if other == name) + 1
        elif is_protected(original) or marking(original).get("grade") or marking(original).get("task"):
            kept.insert(after, (name, deepcopy(original)))
            after += 1
            restored.append(name)
    if restored and foreign:
        notices.append(
            "None of the assignment's cells were recognised in this notebook. All its code was run as your "
            "own, and the assignment's cells were added at the end. Please work in the notebook handed out."
        )
    elif restored:
        listed = ", ".join(f"“{name}”" for name in restored)
        notices.append(f"Cells of the assignment that were missing were put back: {listed}.")
    return kept


def _with_unique_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    used: set[str] = set()
    for position, cell in enumerate(cells):
        candidate, number = cell.get("id") or f"cell-{position}", 1
        while candidate in used:
            candidate, number = f"restored-{position}-{number}", number + 1
        used.add(candidate)
        cell["id"] = candidate
    return cells


def _of_type(cell: NotebookNode, cell_type: str) -> NotebookNode:
    changed = deepcopy(cell)
    changed.cell_type = cell_type
    if cell_type == "code":
        changed.pop("attachments", None)
        changed.outputs = []
        changed.execution_count = None
    else:
        changed.pop("outputs", None)
        changed.pop("execution_count", None)
    return changed


def _readable(name: str) -> str:
    """A name of a student's choice, as a sentence may quote it: no control characters, not endless."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name[:64])


def _claimed(cell: NotebookNode) -> str | None:
    """The name that a hand-in's cell carries, whatever else its metadata says of it."""
    mark = cell.metadata.get("nbgrader")
    name = mark.get("grade_id") if isinstance(mark, dict) else None
    return name if isinstance(name, str) and name else None
