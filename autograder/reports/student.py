"""The page that a student reads: what was reached, what was checked, what was found and what to do next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from autograder.gradebook import ManualGrade
from autograder.grading.grade import Evidence, Figure, Grade, ItemGrade, Outcome, Picture, Status
from autograder.reports import words
from autograder.reports.bars import Bar, bar
from autograder.reports.pages import render
from autograder.reports.standing import ItemStanding, Late, Standing, State, standing
from autograder.sanitise import clean_line, clean_text

LONGEST_SENTENCE = 2_000  # characters of a message or a hint
LONGEST_COMMENT = 20_000
MOST_FIGURES = 40  # of one test
MOST_PICTURES = 80  # of the page
MOST_PICTURE_BYTES = 3_000_000  # of one picture in base64
_PNG = b"\x89PNG\r\n\x1a\n"


def student_page(
    grade: Grade,
    course_title: str,
    assignment_title: str,
    student_name: str,
    manual: Mapping[str, ManualGrade],
    *,
    track_items: Collection[str] | None = None,
    late: Late | None = None,
    submitted_at: datetime | None = None,
) -> str:
    """One self-contained HTML page. Equal arguments give equal text.

    Of `grade` it shows what is meant for students: neither the log, nor the names of hidden tests, nor the
    notebook. Times appear in the zone that they carry.
    """
    common = {
        "course_title": clean_line(course_title),
        "assignment_title": clean_line(assignment_title),
        "student_name": clean_line(student_name) or "Unnamed",
        "submitted_at": submitted_at,
        "graded_at": grade.graded_at,
        "notices": [clean_text(notice, LONGEST_SENTENCE) for notice in grade.notices[:20]],
    }
    if grade.status == "rejected":
        reason = clean_text(grade.reason, LONGEST_SENTENCE) or "The file could not be read as a notebook."
        return render("rejected.html", **common, reason=reason, assignment=clean_line(grade.assignment))
    where = standing(grade, manual, track_items=track_items, late=late)
    pictures = _Pictures(MOST_PICTURES)
    items = [
        _item(item, item_standing, pictures)
        for item, item_standing in zip(grade.items, where.items, strict=True)
    ]
    return render(
        "student.html",
        **common,
        standing=where,
        late=late,
        headline=_headline(where),
        meter=_meter(where),
        items=items,
        evidence=_evidence(grade),
        environment=_environment(grade),
        weak=grade.environment.isolation == "weak",
        grading=grade.timing if grade.timing.wall_s else None,
    )


@dataclass(frozen=True)
class Badge:
    """A status in words, with the name of its colour and of its sign."""

    kind: str
    label: str


@dataclass(frozen=True)
class FigureView:
    name: str
    value: str
    interval: str
    threshold: str
    bar: Bar | None


@dataclass(frozen=True)
class PictureView:
    caption: str
    data: str


@dataclass(frozen=True)
class OutcomeView:
    badge: Badge
    checked: str
    message: str
    hint: str
    evidence: str
    figures: list[FigureView]
    pictures: list[PictureView]


@dataclass(frozen=True)
class ItemView:
    title: str
    id: str
    badge: Badge
    score: float | None
    max_score: float
    counted: bool
    message: str
    by_hand: bool
    comment: str
    outcomes: list[OutcomeView]


@dataclass(frozen=True)
class Meter:
    """Widths in percent of the points: reached, and still open."""

    reached: float
    open: float


class _Pictures:
    """Lets a bounded number of pictures onto the page."""

    def __init__(self, left: int) -> None:
        self._left = left

    def view(self, picture: Picture) -> PictureView | None:
        if self._left <= 0 or len(picture.png) > MOST_PICTURE_BYTES:
            return None
        try:
            if not base64.b64decode(picture.png, validate=True).startswith(_PNG):
                return None
        except (binascii.Error, ValueError):
            return None
        self._left -= 1
        return PictureView(clean_text(picture.caption or picture.name, 600), picture.png)


def badge(status: Status, *, by_hand: bool = False) -> Badge:
    if by_hand and status in (Status.MANUAL, Status.DEFERRED):
        return Badge("hand", "Graded by hand")
    kinds = {Status.PASSED: "ok", Status.PARTIAL: "part", Status.DEFERRED: "open", Status.MANUAL: "open"}
    return Badge(kinds.get(status, "bad"), words.STATUS[status])


def _item(item: ItemGrade, where: ItemStanding, pictures: _Pictures) -> ItemView:
    outcomes = [_outcome(outcome, pictures) for outcome in item.outcomes]
    said = " ".join(
        dict.fromkeys(o.message for o in item.outcomes if o.message and o.status != Status.PASSED)
    )
    title = clean_line(where.title)
    identity = clean_line(item.id, 100)
    return ItemView(
        title=title,
        id="" if identity == title else identity,
        badge=badge(item.status, by_hand=where.by_hand),
        score=where.score,
        max_score=where.max_score,
        counted=where.counted,
        # What the checks below say, each beside what it checked, need not stand above them once more.
        message="" if item.message in said else clean_text(item.message, LONGEST_SENTENCE),
        by_hand=where.by_hand and item.status not in (Status.MANUAL, Status.DEFERRED),
        comment=clean_text(where.comment, LONGEST_COMMENT).strip(),
        outcomes=outcomes,
    )


def _outcome(outcome: Outcome, pictures: _Pictures) -> OutcomeView:
    views = [pictures.view(picture) for picture in outcome.pictures]
    return OutcomeView(
        badge=badge(outcome.status),
        checked=clean_text(outcome.checked, LONGEST_SENTENCE).strip() or "A check of this item.",
        message=clean_text(outcome.message, LONGEST_SENTENCE).strip(),
        hint=clean_text(outcome.hint, LONGEST_SENTENCE).strip(),
        evidence="" if outcome.evidence is Evidence.BEHAVIOUR else words.EVIDENCE_NAME[outcome.evidence],
        figures=[_figure(figure) for figure in outcome.figures[:MOST_FIGURES]],
        pictures=[view for view in views if view is not None],
    )


def _figure(figure: Figure) -> FigureView:
    value = clean_line(figure.value) if isinstance(figure.value, str) else figure.value
    unit = clean_line(figure.unit, 20)
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = f"{words.number(figure.low)} to {words.number(figure.high, unit)}"
    return FigureView(
        name=clean_line(figure.name),
        value=words.number(value, unit),
        interval=interval,
        threshold="" if figure.threshold is None else words.number(figure.threshold, unit),
        bar=bar(figure),
    )


def _headline(where: Standing) -> str:
    counted = [item for item in where.items if item.counted]
    if where.state is State.OPEN:
        waiting = []
        if where.open_manual:
            waiting.append(f"{words.points_of(where.open_manual)} from a grader")
        if where.open_deferred:
            waiting.append(f"{words.points_of(where.open_deferred)} from checks that run on a GPU")
        return (
            "Not final yet: still to come are "
            + " and ".join(waiting or ["the answers read by a grader"])
            + "."
        )
    full = sum(1 for item in counted if item.score is not None and item.score >= item.max_score)
    if full == len(counted):
        return "Final. Every item has its full points."
    return f"Final. {full} of {len(counted)} items have their full points."


def _meter(where: Standing) -> Meter:
    whole = max(where.max_score, where.score, 1e-9)
    reached = min(100.0, max(0.0, 100.0 * where.score / whole))
    return Meter(round(reached, 2), round(min(100.0 - reached, 100.0 * where.open / whole), 2))


def _evidence(grade: Grade) -> list[tuple[str, str]]:
    """The kinds of evidence that this grade rests on, each with its explanation."""
    used = {outcome.evidence for item in grade.items for outcome in item.outcomes}
    return [(words.EVIDENCE_NAME[kind], words.EVIDENCE[kind]) for kind in Evidence if kind in used]


def _environment(grade: Grade) -> list[tuple[str, str]]:
    where = grade.environment
    versions = ", ".join(f"{name} {version}" for name, version in sorted(where.versions.items()))
    data = "; ".join(f"{name}: {source}" for name, source in sorted(where.data.items()))
    rows = [("Device", where.device), ("Libraries", versions), ("Data", data), ("On a GPU", _gpu(grade))]
    return [(name, clean_line(value, 500)) for name, value in rows if value]


def _gpu(grade: Grade) -> str:
    """The GPU that tests were run on, its driver and the libraries there; "" where none was needed."""
    where = grade.gpu_environment
    if where is None:
        return ""
    driver = f" (driver {where.driver})" if where.driver else ""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(where.versions.items()))
    return f"{where.device}{driver}, {versions}"
