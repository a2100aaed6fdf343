"""How the work was done: by the student's own hands, and shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from ass5_ask import network, trained
from ass5_reviews import reviews

from autograder.checks import rule_sets, saved_outputs, source_rules, stubs
from autograder.grading.context import Source
from autograder.grading.forbidden import Use, expect_unused
from autograder.grading.verdicts import expect
from autograder.remote.client import Student

_REASON = "The recurrence is to be written by yourself, without a recurrent layer or cell of a library."


@pytest.mark.item("rnn-low-level", evidence="source")
def test_no_recurrent_layer(
    source: Source, student: Student, fresh_student: Callable[..., Student], rng: np.random.Generator
) -> None:
    """No recurrent layer or cell of a library is named in the code, nor used when it runs."""
    expect(not source.untouched, "Nothing is written yet.")
    cells = [(cell.grade_id or f"cell {cell.index + 1}", cell.text) for cell in source.cells]
    given = [("imports", "import math\nimport numpy as np\nimport tensorflow as tf")]
    report = source_rules.check(cells, rule_sets.NO_RECURRENT_LAYERS, context=given)
    expect(report.ok, report.sentence, "Dense layers, optimisers and losses are fine.")
    _expect_to_run_without(fresh_student(prelude=stubs.prelude(stubs.KERAS_RECURRENT_LAYERS)), student, rng)


def _expect_to_run_without(without: Student, student: Student, rng: np.random.Generator) -> None:
    """Every function once, in a sandbox where recurrent layers raise. Other mistakes are told by other items."""
    task = reviews(rng, 64, 8)
    tokens = task.x_test[:, :6]

    def train(who: Student) -> None:
        trained(who, task.x_train, task.y_train, 4, 1, 1).logits(tokens)

    uses: tuple[Use, ...] = (
        lambda who: network(who, 120, 4, 1, 1).step(
            np.eye(120, dtype=np.float32)[:2], np.zeros((2, 4), np.float32)
        ),
        lambda who: network(who, 120, 4, 1, 1).states(tokens),
        lambda who: network(who, 120, 4, 1, 1).logits(tokens),
        train,
    )
    expect_unused(without, student, uses, _REASON)


@pytest.mark.item("hand-in", weight=2, evidence="source")
def test_results_are_shown(source: Source) -> None:
    """The saved notebook shows training and evaluation: a printed loss or accuracy."""
    seen = saved_outputs.inspect_notebook(saved_outputs.without_checks(source.notebook))
    for part in ("outputs", "metrics"):
        hint = "Print the accuracy on the test reviews with its name, and save."
        expect(not seen.problem(part), seen.problem(part), hint)


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
