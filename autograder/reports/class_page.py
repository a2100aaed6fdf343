"""The page of a class: who handed in, how the points are spread, which items were passed, where a person is needed."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from autograder.grading.grade import Status
from autograder.reports import words
from autograder.reports.pages import render
from autograder.reports.standing import Late, Standing, State
from autograder.sanitise import clean_line, clean_text

ROWS_PER_PAGE = 500
BINS = 10
LONGEST_REASON = 2_000  # characters
_HEIGHT = 14.0  # which leaves room for the number above the highest
_LOST = (Status.FAILED, Status.ERROR, Status.TIMEOUT, Status.MISSING)


@dataclass(frozen=True)
class Row:
    """One student with a hand-in. `page` is the link to the student's page; `wall_s` what the grading took."""

    student: str
    name: str
    standing: Standing
    page: str
    track: str = ""
    submitted_at: datetime | None = None
    late: Late | None = None
    reason: str = ""
    wall_s: float = 0.0


@dataclass(frozen=True)
class Column:
    """One bar of the histogram, in the drawing's units (100 wide, 24 high), and how many students it stands for."""

    x: float
    width: float
    height: float
    count: int
    label: str


@dataclass(frozen=True)
class ItemSummary:
    """How the class did on an item. Shares are percent of those for whom the item counts and has points."""

    id: str
    title: str
    max_score: float
    graded: int
    full: float
    some: float
    none: float
    mean: float | None
    open: int
    states: str


@dataclass(frozen=True)
class _Numbers:
    handed_in: int
    expected: int
    rejected: int
    final: int
    waiting: int
    waiting_for_gpu: int
    median: float | None
    max_score: float
    seconds: float | None


def class_pages(
    course_title: str,
    assignment_title: str,
    rows: Sequence[Row],
    *,
    missing: Sequence[tuple[str, str]] = (),
    made_at: datetime | None = None,
) -> dict[str, str]:
    """File name -> page: `index.html`, and `index-2.html` … where the class has more than 500 hand-ins.

    `missing` are (id, name) of those on the roster without a hand-in. Equal arguments give equal pages; the work grows
    with the number of rows, not faster.
    """
    count = max(1, math.ceil(len(rows) / ROWS_PER_PAGE))
    names = ["index.html", *(f"index-{number}.html" for number in range(2, count + 1))]
    common = {
        "course_title": clean_line(course_title),
        "assignment_title": clean_line(assignment_title),
        "made_at": made_at,
        "pages": names if count > 1 else [],
    }
    summary = {
        "numbers": _numbers(rows, len(missing)),
        "columns": _histogram(rows),
        "items": _items(rows),
        "rejected": [
            (clean_line(row.name), clean_text(row.reason, LONGEST_REASON))
            for row in rows
            if row.standing.state is State.REJECTED
        ],
        "missing": [(clean_line(student, 100), clean_line(name)) for student, name in missing],
    }
    parts = [rows[start : start + ROWS_PER_PAGE] for start in range(0, max(1, len(rows)), ROWS_PER_PAGE)]
    return {
        name: render("class.html", **common, **summary, rows=[_view(row) for row in part], number=number)
        for number, (name, part) in enumerate(zip(names, parts, strict=True), start=1)
    }


def _view(row: Row) -> dict[str, object]:
    where = row.standing
    label = {
        State.FINAL: ("ok", "Final"),
        State.OPEN: ("open", "Open"),
        State.REJECTED: ("bad", "Not graded"),
    }
    kind, state = label[where.state]
    if where.open_deferred and not where.open_manual:
        state = "Waits for a GPU"
    return {
        "student": clean_line(row.student, 100),
        "name": clean_line(row.name),
        "page": quote(row.page),  # a # or % in an id would lead to somebody else's page
        "track": clean_line(row.track, 40),
        "submitted_at": row.submitted_at,
        "days_late": row.late.days if row.late else 0,
        "kind": kind,
        "state": state,
        "score": None if where.state is State.REJECTED else where.score,
        "max_score": where.max_score,
        "open": where.open,
        "marks": [
            _mark(item.status, item.score, item.max_score)
            for item in where.items
            if item.max_score or item.score
        ],
    }


def _mark(status: Status, score: float | None, max_score: float) -> tuple[str, str]:
    """Colour and share of an item's square in the row."""
    if score is None:
        return "open", "waits for a GPU" if status is Status.DEFERRED else "open"
    if score >= max_score:
        return "ok", "full"
    return (
        ("part", "some")
        if score > 0
        else ("bad", words.STATUS[status].lower() if status in _LOST else "none")
    )


def _numbers(rows: Sequence[Row], missing: int) -> _Numbers:
    graded = [row for row in rows if row.standing.state is not State.REJECTED]
    scores = [row.standing.score for row in graded]
    times = [row.wall_s for row in graded if row.wall_s > 0]
    return _Numbers(
        handed_in=len(rows),
        expected=len(rows) + missing,
        rejected=len(rows) - len(graded),
        final=sum(row.standing.state is State.FINAL for row in graded),
        waiting=sum(row.standing.open_manual > 0 for row in graded),
        waiting_for_gpu=sum(row.standing.open_deferred > 0 for row in graded),
        median=statistics.median(scores) if scores else None,
        max_score=max((row.standing.max_score for row in graded), default=0.0),
        seconds=statistics.median(times) if times else None,
    )


def _histogram(rows: Sequence[Row]) -> list[Column]:
    """Shares of the reachable points in ten columns; the last one holds full marks too."""
    counts = [0] * BINS
    for row in rows:
        where = row.standing
        if where.state is not State.REJECTED and where.max_score > 0:
            share = min(1.0, max(0.0, where.score / where.max_score))
            counts[min(BINS - 1, int(share * BINS))] += 1
    highest = max(counts) or 1
    return [
        Column(
            x=round(100 * index / BINS + 0.6, 2),
            width=round(100 / BINS - 1.2, 2),
            height=round(_HEIGHT * count / highest, 2),
            count=count,
            label=f"{100 * index // BINS} to {100 * (index + 1) // BINS} %: {count} "
            + ("student" if count == 1 else "students"),
        )
        for index, count in enumerate(counts)
    ]


def _items(rows: Sequence[Row]) -> list[ItemSummary]:
    graded = [row.standing for row in rows if row.standing.state is not State.REJECTED]
    if not graded:
        return []
    by_item = {item.id: [] for item in graded[0].items}  # type: ignore[var-annotated]
    for where in graded:
        for item in where.items:
            if item.counted:
                by_item.setdefault(item.id, []).append(item)
    summaries = []
    for name, found in by_item.items():
        if not found:
            continue
        scored = [item for item in found if item.score is not None]
        full = sum(item.score >= item.max_score for item in scored)
        none = sum(item.score <= 0 < item.max_score for item in scored)
        states = Counter(words.STATUS[item.status] for item in found if item.status in _LOST)
        summaries.append(
            ItemSummary(
                id=clean_line(name, 100),
                title=clean_line(found[0].title),
                max_score=found[0].max_score,
                graded=len(scored),
                full=_percent(full, len(scored)),
                some=_percent(len(scored) - full - none, len(scored)),
                none=_percent(none, len(scored)),
                mean=sum(item.score for item in scored) / len(scored) if scored else None,
                open=len(found) - len(scored),
                states=", ".join(f"{state.lower()}: {count}" for state, count in states.most_common()),
            )
        )
    return summaries


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
