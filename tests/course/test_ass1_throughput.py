"""Assignment 1's check of speed: when the reference is asked, and that what is known of it decides nothing alone."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed
from autograder.remote.errors import StudentTimeout

HIDDEN = Path(__file__).resolve().parents[1] / "hidden" / "ass1"
sys.path.insert(0, str(HIDDEN))

import test_ass1_rules as rules  # noqa: E402


class Trainer:
    """A student or a reference whose epochs take as long as it is told, by a clock of its own."""

    def __init__(self, epoch_s: float) -> None:
        self.epoch_s = epoch_s
        self.trainings = 0
        self.last_call = SimpleNamespace(wall_s=0.0)
        self._at_most_s = float("inf")

    def train(self) -> None:
        self.trainings += 1
        if self.epoch_s > self._at_most_s:
            raise StudentTimeout("train takes too long")
        self.last_call = SimpleNamespace(wall_s=self.epoch_s)

    def budget(self, seconds: float) -> Any:
        return _Budget(self, seconds)


class _Budget:
    def __init__(self, trainer: Trainer, seconds: float) -> None:
        self.trainer, self.seconds = trainer, seconds

    def __enter__(self) -> None:
        self.trainer._at_most_s = self.seconds

    def __exit__(self, *_: object) -> None:
        self.trainer._at_most_s = float("inf")


@pytest.fixture(autouse=True)
def trainings_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "trained", lambda who, *_: who.train())
    monkeypatch.setattr(rules, "_seen", lambda *_: 1.0)


def check(student: Trainer, reference: Trainer, times: dict[str, float]) -> float:
    """The ratio that stands in the report. Raises Failed."""
    measure = Measure()
    rng = np.random.default_rng(1)
    task = SimpleNamespace(x_train=None, y_train=None)

    def prepared(name: str, *_: object) -> object:
        return (task, None) if name == "task" else task

    rules.test_throughput(student, reference, times, rng, prepared, measure)  # type: ignore[arg-type]
    [figure] = measure.figures
    assert isinstance(figure.value, float)
    return figure.value


def test_the_first_submission_is_compared_with_a_measurement() -> None:
    student, reference, times = Trainer(0.6), Trainer(0.3), {}
    assert check(student, reference, times) == 2.0
    assert times == {"epoch": 0.3}
    assert reference.trainings == 2


def test_a_fast_one_is_compared_with_what_is_known() -> None:
    student, reference = Trainer(1.2), Trainer(0.3)
    assert check(student, reference, {"epoch": 0.3}) == 4.0
    assert reference.trainings == 0


def test_a_slow_one_is_compared_with_measurements_of_its_own() -> None:
    student, reference = Trainer(6.3), Trainer(0.3)
    with pytest.raises(Failed, match="about 21 times"):
        check(student, reference, {"epoch": 0.3})
    assert reference.trainings == 6


@pytest.mark.parametrize("known", [0.02, 0.001])
def test_what_is_known_of_a_faster_moment_fails_nobody(known: float) -> None:
    student, reference = Trainer(0.3), Trainer(0.3)
    assert check(student, reference, {"epoch": known}) == 1.0
    assert reference.trainings == 2


def test_one_that_takes_for_ever_is_not_waited_for() -> None:
    student, reference = Trainer(100.0), Trainer(0.3)
    with pytest.raises(Failed, match="more than 30 times"):
        check(student, reference, {"epoch": 0.3})


@pytest.mark.parametrize(
    ("in_one_epoch", "in_two", "fair"),
    [(0.8, 0.8, True), (0.0, 0.0, True), (0.1, 0.2, True), (0.0, 1.0, False), (0.02, 0.3, False)],
)
def test_the_epoch_that_is_timed_goes_through_as_many_images_as_others(
    monkeypatch: pytest.MonkeyPatch, in_one_epoch: float, in_two: float, fair: bool
) -> None:
    shares = iter([in_one_epoch, in_two])
    monkeypatch.setattr(rules, "_seen", lambda *_: next(shares))
    student, reference = Trainer(0.6), Trainer(0.3)
    if fair:
        assert check(student, reference, {}) == 2.0
    else:
        with pytest.raises(Failed, match="a small part of the images only"):
            check(student, reference, {})
