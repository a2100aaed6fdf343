"""How the work was done: by the student's own hands, fast enough, and shown."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import pytest
from ass1_ask import images, trained
from ass1_patches import patch_codes

from autograder.checks import rule_sets, saved_outputs, source_rules, stubs
from autograder.grading.context import Source
from autograder.grading.forbidden import expect_unused
from autograder.grading.measure import Measure
from autograder.grading.prepared import Prepared
from autograder.grading.verdicts import Failed, expect
from autograder.remote.client import Student
from autograder.remote.errors import StudentTimeout

SLOWEST = 20.0  # times the reference
_STOPPED = 1.5 * SLOWEST  # and not waited for any longer
_CLEAR = SLOWEST / 4  # a burst of other work could have made it look four times as fast, no more


@pytest.mark.item("mlp-low-level", evidence="source")
def test_low_level(source: Source, fresh_student: Callable[..., Student], rng: np.random.Generator) -> None:
    """The network is built from basic operations, without Keras layers, Keras models or fit."""
    expect(not source.untouched, "Nothing is written yet.")
    cells = [(cell.grade_id or f"cell {cell.index + 1}", cell.text) for cell in source.cells]
    report = source_rules.check(
        cells, rule_sets.NO_KERAS_MODELS, context=[("imports", "import tensorflow as tf")]
    )
    expect(
        report.ok,
        report.sentence,
        "tf.matmul, tf.nn, tf.GradientTape and tf.function are all that is needed.",
    )
    if report.suspicious:
        _expect_to_run_without(fresh_student, rng)


def _expect_to_run_without(fresh_student: Callable[..., Student], rng: np.random.Generator) -> None:
    """Where the text leaves doubt: one short training in a sandbox without Keras layers and models."""
    student = fresh_student(prelude=stubs.prelude((*stubs.KERAS_MODELS, *stubs.KERAS_FIT)))
    task = patch_codes(rng, 100)

    def train_and_predict() -> None:
        params = trained(student, task.x_train, task.y_train, 4, 1, 50, 1)
        student.predict(params, images(student, task.x_train))

    reason = "The network is to be built from basic operations, without layers or models of a library."
    expect_unused(student, [train_and_predict], reason)


@pytest.mark.item("mlp-throughput")
@pytest.mark.budget(120)
def test_throughput(
    student: Student,
    reference: Student,
    reference_times: dict[str, float],
    rng: np.random.Generator,
    prepared: Prepared,
    measure: Measure,
) -> None:
    """One epoch of train takes at most 20 times as long as ours, on the same machine, after a first call."""
    task = prepared("task", rng, lambda: patch_codes(rng, 10_000))
    warm = prepared("warm", rng, lambda: patch_codes(rng, 256 + 10_000 % 64))

    def epoch(who: Student) -> float:
        trained(who, task.x_train, task.y_train, 32, 1, 64, int(rng.integers(1, 2**31 - 1)))
        return who.last_call.wall_s

    def warm_up(who: Student) -> None:
        trained(who, warm.x_train, warm.y_train, 32, 1, 64, 1)

    def times_ours(ours: float, at_most: float) -> float:
        with student.budget(at_most * ours):
            return epoch(student) / ours

    def pair() -> float:
        ours = epoch(reference)
        reference_times["epoch"] = min(ours, reference_times.get("epoch", ours))
        try:
            return times_ours(ours, _STOPPED)
        except StudentTimeout:
            raise Failed(_too_slow(f"more than {_STOPPED:.0f}"), _FASTER) from None

    warm_up(student)
    ratio = np.inf
    if "epoch" in reference_times:
        with contextlib.suppress(StudentTimeout):
            ratio = times_ours(reference_times["epoch"], 2 * _STOPPED)
    if ratio > _CLEAR:
        warm_up(reference)
        ratios = [pair()]
        if ratios[0] > _CLEAR:
            ratios += [pair() for _ in range(4)]
        ratio = float(np.median(ratios))
    measure.figure("time of an epoch", round(ratio, 1), unit="times ours", threshold=SLOWEST)
    expect(ratio <= SLOWEST, _too_slow(f"about {ratio:.0f}"), _FASTER)


_FASTER = "Feed whole batches to TensorFlow, not single images, and wrap the step of one batch in a tf.function once."


def _too_slow(times: str) -> str:
    return f"One epoch takes {times} times as long as ours; at most {SLOWEST:.0f} times are allowed."


@pytest.mark.item("hand-in", weight=2, evidence="source")
def test_results_are_shown(source: Source) -> None:
    """The saved notebook shows training and evaluation: a printed loss or accuracy."""
    seen = saved_outputs.inspect_notebook(saved_outputs.without_checks(source.notebook))
    for part in ("outputs", "metrics"):
        expect(
            not seen.problem(part),
            seen.problem(part),
            "Print the accuracy on the test images with its name, and save.",
        )


@pytest.mark.item("hand-in", evidence="source")
def test_no_error_is_shown(source: Source) -> None:
    """No saved output of the notebook is an error message."""
    expect(not source.untouched, "Nothing is written yet.")
    seen = saved_outputs.inspect_notebook(source.notebook)
    expect(not seen.problem("errors"), seen.problem("errors"))


@pytest.mark.item("hand-in", evidence="source")
def test_names_are_given(source: Source) -> None:
    """The names of the group's members stand at the top."""
    seen = saved_outputs.inspect_notebook(source.notebook)
    expect(not seen.problem("members"), seen.problem("members"))
