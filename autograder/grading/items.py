"""Outcomes of hidden tests -> the grades of an assignment's items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograder.grading.grade import ItemGrade, Outcome, Status
from autograder.mistakes import Mistake
from autograder.notebooks import GradeCell

# Of several failed tests, the item takes the state that says most about what to mend first.
_GRAVEST_FIRST = (Status.MISSING, Status.TIMEOUT, Status.ERROR, Status.FAILED, Status.PARTIAL)


class UntestedItemError(Mistake):
    """The notebook's grade cells and the hidden tests do not agree; an instructor's mistake, not a student's."""


def item_grades(cells: Sequence[GradeCell], outcomes: Iterable[Outcome]) -> tuple[ItemGrade, ...]:
    """One grade per grade cell, in the notebook's order.

    An item's score is its points times the weighted mean of its tests' scores, to a hundredth of a point. Raises
    `UntestedItemError` for an automatically graded cell without a test and for a test without a grade cell.
    """
    by_item: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_item.setdefault(outcome.item, []).append(outcome)
    strangers = sorted(set(by_item) - {cell.id for cell in cells})
    if strangers:
        raise UntestedItemError(
            f"Hidden tests name items that are no grade cells of the notebook: {', '.join(strangers)}."
        )
    return tuple(_item_grade(cell, by_item.get(cell.id, [])) for cell in cells)


def scored(item: ItemGrade, outcomes: Sequence[Outcome]) -> ItemGrade:
    """The grade of the same item with these outcomes of its tests instead."""
    if item.status == Status.MANUAL:
        return item.model_copy(update={"outcomes": tuple(outcomes)})
    return _judged(item.id, item.title, item.max_score, outcomes)


def standing_of(items: Sequence[ItemGrade]) -> dict[str, Any]:
    """What a grade says of all its items together: score, max_score, status and reason."""
    still_open = [item.id for item in items if item.status == Status.DEFERRED]
    return {
        "score": round(sum(item.score for item in items if item.score is not None), 2),
        "max_score": round(sum(item.max_score for item in items), 2),
        "status": "incomplete" if still_open else "graded",
        "reason": f"Waiting for a GPU: {', '.join(still_open)}." if still_open else "",
    }


def _item_grade(cell: GradeCell, outcomes: list[Outcome]) -> ItemGrade:
    if cell.kind != "autograded":
        return ItemGrade(
            id=cell.id,
            title=cell.title,
            score=None,
            max_score=cell.points,
            status=Status.MANUAL,
            outcomes=tuple(outcomes),
        )
    if not outcomes:
        raise UntestedItemError(
            f"The grade cell {cell.id!r} has no hidden test. Mark a test with @pytest.mark.item({cell.id!r})."
        )
    return _judged(cell.id, cell.title, cell.points, outcomes)


def _judged(name: str, title: str, points: float, outcomes: Sequence[Outcome]) -> ItemGrade:
    judged = [outcome for outcome in outcomes if outcome.status != Status.DEFERRED]
    if len(judged) < len(outcomes):
        return ItemGrade(
            id=name,
            title=title,
            score=None,
            max_score=points,
            status=Status.DEFERRED,
            message="Needs a GPU; these points are still open.",
            outcomes=tuple(outcomes),
        )
    share = sum(o.weight * o.score for o in judged) / sum(o.weight for o in judged)
    status = _status(judged, share)
    return ItemGrade(
        id=name,
        title=title,
        score=round(share * points, 2),
        max_score=points,
        status=status,
        message=" ".join(dict.fromkeys(o.message for o in judged if o.message and o.status != Status.PASSED)),
        outcomes=tuple(outcomes),
    )


def _status(outcomes: list[Outcome], share: float) -> Status:
    if all(outcome.status == Status.PASSED for outcome in outcomes):
        return Status.PASSED
    if share > 0:
        return Status.PARTIAL
    return next(status for status in _GRAVEST_FIRST if any(outcome.status == status for outcome in outcomes))
