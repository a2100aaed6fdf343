"""Tests that need a GPU, run later and elsewhere: which grades wait for them, and how their outcomes come in.

A grading without a GPU leaves these tests deferred. A grading with one (`GradingSettings(device="gpu")`) runs just
them and yields a grade that holds nothing but their outcomes. `merged` puts these into the grade that waits; whatever
did not wait stays as it is, to the bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from autograder.grading.grade import Environment, Grade, ItemGrade, Outcome, Status
from autograder.grading.items import scored, standing_of

# By item and test; parameters of a test may give several of them the same name.
Outcomes = dict[tuple[str, str], deque[Outcome]]


def is_open(grade: Grade) -> bool:
    """Whether tests of this grade wait for a GPU."""
    return any(outcome.status == Status.DEFERRED for item in grade.items for outcome in item.outcomes)


def merged(waiting: Grade, later: Grade) -> Grade:
    """`waiting` with the outcomes of its deferred tests from `later`, a grading of the same hand-in with a GPU."""
    completed = _filled(waiting, _judged(later.items), later.environment)
    log = "\n\n".join(text for text in (waiting.log, later.log) if text)
    new = (notice for notice in dict.fromkeys(later.notices) if notice not in waiting.notices)
    return completed.model_copy(update={"log": log, "notices": (*waiting.notices, *new)})


def carried_over(now: Grade, before: Grade) -> Grade:
    """`now`, made without a GPU, with what a GPU has found before about the same hand-in by the same tests."""
    if before.gpu_environment is None:
        return now
    return _filled(now, _judged(before.items), before.gpu_environment)


def _filled(waiting: Grade, known: Outcomes, environment: Environment | None) -> Grade:
    items = tuple(_item(item, known) for item in waiting.items)
    if items == waiting.items:
        return waiting
    return waiting.model_copy(update={"items": items, "gpu_environment": environment, **standing_of(items)})


def _item(item: ItemGrade, known: Outcomes) -> ItemGrade:
    outcomes = tuple(
        known[outcome.item, outcome.test].popleft()
        if outcome.status == Status.DEFERRED and known.get((outcome.item, outcome.test))
        else outcome
        for outcome in item.outcomes
    )
    return item if outcomes == item.outcomes else scored(item, outcomes)


def _judged(items: Iterable[ItemGrade]) -> Outcomes:
    known: Outcomes = {}
    for item in items:
        for outcome in item.outcomes:
            if outcome.status != Status.DEFERRED:
                known.setdefault((outcome.item, outcome.test), deque()).append(outcome)
    return known
