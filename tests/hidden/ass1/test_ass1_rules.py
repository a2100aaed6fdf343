"""How the work was done: by the student's own hands, fast enough, and shown."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import ass1_tasks as tasks
import numpy as np
import pytest
from ass1_ask import parameters, predicted, trained
from ass1_patches import Task, patch_codes

from autograder.checks import rule_sets, saved_outputs, source_rules, stubs
from autograder.grading.context import Source
from autograder.grading.forbidden import expect_unused
from autograder.grading.measure import Measure
from autograder.grading.prepared import Prepared
from autograder.grading.verdicts import Failed, expect
from autograder.remote.client import Handle, Student
from autograder.remote.errors import BadAnswer, StudentError, StudentTimeout

Array = np.ndarray
SLOWEST = 20.0  # times the reference
_STOPPED = 1.5 * SLOWEST  # and not waited for any longer
_CLEAR = SLOWEST / 4  # a burst of other work could have made it look four times as fast, no more
SEEN = 0.25  # of the images, at least; who draws batches at random sees 0.63 in an epoch


@pytest.mark.item("mlp-low-level", evidence="source")
def test_low_level(
    source: Source, student: Student, fresh_student: Callable[..., Student], rng: np.random.Generator
) -> None:
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
        without = fresh_student(prelude=stubs.prelude((*stubs.KERAS_MODELS, *stubs.KERAS_FIT)))
        _expect_to_run_without(without, student, rng)


def _expect_to_run_without(without: Student, student: Student, rng: np.random.Generator) -> None:
    """Where the text leaves doubt: a training in a sandbox without Keras layers and models, and what it has learned."""
    task, how = patch_codes(rng, 600), tasks.CODES

    def learns(who: Student) -> bool:
        params = trained(who, task.x_train, task.y_train, how.n_hidden, how.epochs, how.batch_size, 1)
        return bool(np.mean(predicted(who, params, task.x_train) == task.y_train) > 0.5)

    reason = "The network is to be built from basic operations, without layers or models of a library."
    expect_unused(without, student, [learns], reason)


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
    task, signed = prepared("task", rng, lambda: _signed(patch_codes(rng, 10_000), rng))
    warm = prepared("warm", rng, lambda: patch_codes(rng, 256 + 10_000 % 64))
    last: list[tuple[int, Handle]] = []

    def epoch(who: Student) -> float:
        seed = int(rng.integers(1, 2**31 - 1))
        params = trained(who, task.x_train, task.y_train, 32, 1, 64, seed)
        seconds = who.last_call.wall_s
        if who is student:
            last[:] = [(seed, params)]
        return seconds

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
    for seed, params in last:
        _expect_no_shorter_epoch(student, seed, params, signed, task)


def _signed(task: Task, rng: np.random.Generator) -> tuple[Task, Array]:
    """The task with 64 pixels that are dark in every image but one each; and these pixels."""
    pixels = np.sort(rng.permutation(task.x_train.shape[1])[:64])
    images = task.x_train.copy()
    images[:, pixels] = 0
    images[rng.permutation(len(images))[: len(pixels)], pixels] = 255
    return replace(task, x_train=images), pixels


def _expect_no_shorter_epoch(student: Student, seed: int, params: Handle, signed: Array, task: Task) -> None:
    """The one epoch whose time is taken goes through the images as others do. A training that never sees most images is
    not slow; it costs other items."""
    share = _seen(student, seed, params, signed, task)
    if share >= SEEN:
        return
    try:
        twice = _seen(
            student, seed, trained(student, task.x_train, task.y_train, 32, 2, 64, seed), signed, task
        )
    except StudentError:  # which has worked for one epoch
        return
    expect(
        twice <= 2 * share + 0.2,
        "With epochs=1, training goes through a small part of the images only; with epochs=2 through most of them.",
        "An epoch goes through all images once, whatever the number of epochs.",
    )


def _seen(student: Student, seed: int, params: Handle, signed: Array, task: Task) -> float:
    """The share of images that training went through: weights of a pixel that one image alone has lit move by that
    image alone. It is 1 where all weights move for another reason, such as weight decay."""
    sizes = (task.x_train.shape[1], 32, task.n_classes)
    try:
        start = parameters(student.init_params.keep(*sizes, seed), sizes, "init_params")[0]
        end = parameters(params, sizes, "the parameters that train returns")[0]
    except (StudentError, BadAnswer):  # which costs mlp-init or mlp-training
        return 1.0
    return float(np.mean(np.any(start != end, axis=1)[signed]))


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
