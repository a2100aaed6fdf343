"""Where a submission stands: the grader's points, a person's points and the late policy added up in one
place.

Every page, table and export takes its numbers from here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from autograder.gradebook import ManualGrade
from autograder.grading.grade import Grade, ItemGrade, Status


@dataclass(frozen=True)
class Late:
    """A late hand-in: days begun after the deadline, and the share (0 to 1) of the points that it keeps."""

    days: int
    share_kept: float


class State(StrEnum):
    FINAL = "final"
    OPEN = "open"  # points are still to come
    REJECTED = "rejected"


@dataclass(frozen=True)
class ItemStanding:
    """One item. `score` is None while it is open; `counted` is False where the student's track leaves it
    out."""

    id: str
    title: str
    score: float | None
    max_score: float
    status: Status
    by_hand: bool
    counted: bool
    comment: str


@dataclass(frozen=True)
class Standing:
    """`score` includes the late penalty; `max_score` and the open points are those of the student's track."""

    state: State
    score: float
    max_score: float
    penalty: float
    open_manual: float
    open_deferred: float
    items: tuple[ItemStanding, ...]

    @property
    def open(self) -> float:
        return round(self.open_manual + self.open_deferred, 2)


_NO_MANUAL: Mapping[str, ManualGrade] = MappingProxyType({})


def standing(
    grade: Grade,
    manual: Mapping[str, ManualGrade] = _NO_MANUAL,
    *,
    track_items: Collection[str] | None = None,
    late: Late | None = None,
) -> Standing:
    """Points given by a person replace those of the grader. Without `track_items` every item counts."""
    if grade.status == "rejected":
        return Standing(State.REJECTED, 0.0, grade.max_score, 0.0, 0.0, 0.0, ())
    track = None if track_items is None else frozenset(track_items)
    items = tuple(_item(item, manual.get(item.id), track) for item in grade.items)
    counted = [item for item in items if item.counted]
    earned = sum(item.score for item in counted if item.score is not None)
    penalty = round(earned * (1.0 - late.share_kept), 2) if late else 0.0
    waiting = [item for item in counted if item.score is None]
    open_deferred = sum(item.max_score for item in waiting if item.status is Status.DEFERRED)
    open_manual = sum(item.max_score for item in waiting if item.status is not Status.DEFERRED)
    return Standing(
        state=State.OPEN if waiting else State.FINAL,
        score=round(earned - penalty, 2),
        max_score=round(sum(item.max_score for item in counted), 2),
        penalty=penalty,
        open_manual=round(open_manual, 2),
        open_deferred=round(open_deferred, 2),
        items=items,
    )


def _item(item: ItemGrade, given: ManualGrade | None, track: frozenset[str] | None) -> ItemStanding:
    by_hand = given is not None and given.score is not None
    return ItemStanding(
        id=item.id,
        title=item.title or item.id,
        score=given.score if given is not None and by_hand else item.score,
        max_score=item.max_score,
        status=item.status,
        by_hand=by_hand,
        counted=track is None or item.id in track,
        comment=given.comment if given is not None else "",
    )
