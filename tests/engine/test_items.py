"""Outcomes of tests add up to the points of items."""

from types import SimpleNamespace

import pytest

from autograder.grading.grade import Outcome, Status
from autograder.grading.items import UntestedItemError, item_grades


def cell(name: str, points: float = 4.0, manual: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        id=name, title=name.title(), points=points, kind="manual" if manual else "autograded"
    )


def outcome(item: str, score: float, status: Status, weight: float = 1.0, message: str = "") -> Outcome:
    return Outcome(test="test_x", item=item, weight=weight, score=score, status=status, message=message)


def test_an_item_is_the_weighted_mean_of_its_tests() -> None:
    outcomes = [outcome("a", 1.0, Status.PASSED, weight=3), outcome("a", 0.0, Status.FAILED, message="No.")]
    (item,) = item_grades([cell("a")], outcomes)
    assert (item.score, item.max_score, item.status, item.message) == (3.0, 4.0, Status.PARTIAL, "No.")


def test_points_are_rounded_to_a_hundredth() -> None:
    outcomes = [
        outcome("a", 1.0, Status.PASSED),
        outcome("a", 0.0, Status.FAILED),
        outcome("a", 0.0, Status.FAILED),
    ]
    (item,) = item_grades([cell("a", points=1.0)], outcomes)
    assert item.score == 0.33


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([Status.FAILED, Status.MISSING], Status.MISSING),
        ([Status.ERROR, Status.FAILED], Status.ERROR),
        ([Status.TIMEOUT, Status.ERROR], Status.TIMEOUT),
        ([Status.FAILED], Status.FAILED),
    ],
)
def test_a_lost_item_takes_its_gravest_state(statuses: list[Status], expected: Status) -> None:
    (item,) = item_grades([cell("a")], [outcome("a", 0.0, status) for status in statuses])
    assert item.status == expected
    assert item.score == 0.0


def test_one_deferred_test_leaves_the_whole_item_open() -> None:
    outcomes = [outcome("a", 1.0, Status.PASSED), outcome("a", 0.0, Status.DEFERRED)]
    (item,) = item_grades([cell("a")], outcomes)
    assert item.score is None
    assert item.status == Status.DEFERRED


def test_manual_items_wait_for_a_person() -> None:
    (item,) = item_grades([cell("q", manual=True)], [])
    assert item.score is None
    assert item.status == Status.MANUAL


def test_an_item_without_a_test_is_the_instructors_mistake() -> None:
    with pytest.raises(UntestedItemError, match="'a' has no hidden test"):
        item_grades([cell("a")], [])


def test_a_test_without_an_item_is_the_instructors_mistake() -> None:
    with pytest.raises(UntestedItemError, match="no grade cells of the notebook: b"):
        item_grades([cell("a")], [outcome("a", 1.0, Status.PASSED), outcome("b", 1.0, Status.PASSED)])
