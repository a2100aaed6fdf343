"""mask-speed: how soon does a masked network learn, with much padding behind the words?

The grader trains the student's network, and counts steps. How steps are distributed over seeds, for correct and wrong
networks: benchmarks/calibrate_ass6.py.
"""

from __future__ import annotations

import ass6_training as training
import numpy as np
import pytest
from ass6_ask import JUMBLED, jumbled, network, words
from matplotlib.figure import Figure

from autograder.checks import accuracy, masking, polarity
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote.client import Student

_HINT = "With a mask, the state stands still at padded places: what was read is still there at the end."

_VISIBLE = " Dotted: the same network with a word in every padded place, which no mask leaves out."


@pytest.mark.item("mask-speed")
@pytest.mark.budget(120)
def test_masked_networks_learn_soon(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Trained on 2,000 made-up reviews with much padding behind them, a masked GRU is right on 80 % of others
    after at most 100 steps."""
    task = polarity.reviews(training.KIND, rng, training.TRAIN, training.TEST)
    seeds = [int(seed) for seed in rng.choice(2**31 - 1, size=3, replace=False)]
    first = training.course(student, task, seeds[0])
    if first is None:
        _judge_by_values(student, rng)
        return
    courses = {seeds[0]: first}

    def run(seed: int) -> tuple[int, int]:
        if seed not in courses:
            again = training.course(student, task, seed)
            courses[seed] = again if again is not None else first
        return round(courses[seed].best * training.TEST), training.TEST

    verdict = accuracy.decide(run, training.WANTED, seeds, spread=training.SPREAD)
    masked = max((courses[seed] for seed in verdict.seeds), key=lambda course: course.best)
    measure.figure("accuracy", round(masked.best, 3), threshold=training.WANTED)
    if masked.needed is not None:
        measure.figure("steps to 80 %", masked.needed, threshold=training.MOST)
    visible = None
    if masked.needed is not None:  # for comparison only, where there is something to compare
        most = min(2 * masked.needed, training.MOST)
        visible = training.course(student, task, seeds[0], visible=True, most=most)
    measure.picture(
        "learning",
        _draw(masked, visible),
        "How your network learns on sequences with much padding." + (_VISIBLE if visible is not None else ""),
    )
    expect(
        verdict.ok,
        f"With mask=True, and much padding, the network is right on {100 * masked.best:.0f} % of the test reviews "
        f"after {masked.steps[-1]} training steps.",
        _HINT,
    )


def _judge_by_values(student: Student, rng: np.random.Generator) -> None:
    """For networks that cannot be trained from outside: what would slow learning down is padding that has an effect."""
    net = network(student, training.NETWORK, int(rng.integers(1, 2**31 - 1)))
    sequences = [list(map(int, words(rng, training.KIND.vocab, length))) for length in (4, 6, 8)]
    logits = net.predict(words(rng, training.KIND.vocab, 6, 8))
    expect(float(np.ptp(logits)) > 0, "All sequences get the same logit, so there is nothing to learn by.")
    expect(
        jumbled(net) <= JUMBLED,
        "Words have no effects of their own on the logit, so there is nothing to learn by.",
    )
    report = masking.padding_changes_nothing(net.predict, sequences, amounts=(training.KIND.steps - 8,))
    expect(report.ok, f"With much padding: {report.sentence}", _HINT)


def _draw(masked: training.Course, visible: training.Course | None) -> Figure:
    figure = Figure(figsize=(6.5, 2.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(masked.steps, masked.accuracies, "o-", color="#0072B2", label="your network with mask=True")
    if visible is not None:
        axes.plot(
            visible.steps,
            visible.accuracies,
            "s:",
            color="#D55E00",
            label="the same, a word in every padded place",
        )
    axes.axhline(training.WANTED, color="black", linestyle="--", linewidth=1, label="asked for")
    axes.axhline(0.5, color="grey", linestyle=":", linewidth=1, label="guessing")
    axes.set(xlabel="training steps", ylabel="accuracy on the test reviews", ylim=(0.4, 1.0))
    axes.legend(fontsize=8, frameon=False)
    return figure
