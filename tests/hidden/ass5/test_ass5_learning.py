"""train_rnn: does the network learn a task where every word counts, with padding in its way?

The threshold and its error rates: ass5_thresholds.json, made by benchmarks/calibrate_ass5.py.
"""

from __future__ import annotations

import ass5_reviews
import numpy as np
import pytest
from ass5_ask import Array, Network, fresh_seed, one_hot, sizes, trained
from ass5_thresholds import threshold
from matplotlib.figure import Figure

from autograder.checks import accuracy
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote.client import Student

pytestmark = pytest.mark.fresh_if_raised  # see test_ass5_states.py


@pytest.mark.item("rnn-learns")
@pytest.mark.budget(240)
def test_reviews_are_told_apart(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Trained on 4,000 made-up reviews with masking and mode "last", the network judges 4,000 others."""
    task = ass5_reviews.reviews(rng)
    wanted = threshold("reviews")
    found: list[Array] = []

    def run(seed: int) -> tuple[int, int]:
        net = trained(student, task.x_train, task.y_train, ass5_reviews.HIDDEN, ass5_reviews.EPOCHS, seed)
        found.append(_verdicts(net, task.x_test))
        return int((found[-1] == task.y_test).sum()), len(task.y_test)

    seeds = [int(seed) for seed in rng.choice(2**31 - 1, size=3, replace=False)]
    verdict = accuracy.decide(run, wanted.value, seeds, spread=wanted.spread)
    measure.figure(
        "accuracy",
        round(verdict.estimate, 4),
        low=round(verdict.interval.low, 4),
        high=round(verdict.interval.high, 4),
        threshold=verdict.threshold,
    )
    measure.figure("trainings", len(verdict.runs))
    lengths = (task.x_test > 0).sum(axis=1)
    measure.picture(
        "accuracy by length",
        _by_length(found[-1] == task.y_test, lengths, wanted.value),
        "Share of reviews that your network judges rightly, by their length.",
    )
    expect(
        verdict.ok,
        verdict.sentence,
        "Does the state pass through the padding? Do sequences and labels stay together? Do all weights learn?",
    )


@pytest.mark.item("rnn-learns")
@pytest.mark.budget(60)
def test_the_vocabulary_reaches_to_the_largest_token(student: Student, rng: np.random.Generator) -> None:
    """The network has an input of its own for every token up to the largest, also for those that never occur."""
    vocab, hidden = sizes(rng)
    tokens = rng.choice([1, 2, 3, vocab - 1], size=(200, 8)).astype(np.int32)
    tokens[0] = vocab - 1
    net = trained(student, tokens, rng.integers(0, 2, 200).astype(np.int32), hidden, 1, fresh_seed(rng))
    states = net.step(one_hot(np.array([vocab - 2, vocab - 1]), vocab), np.zeros((2, hidden), np.float32))
    expect(
        float(np.abs(states[0] - states[1]).max()) > 1e-6,
        "Two words, the larger of which is the largest token, lead to the same state.",
        "The vocabulary is the largest token plus one, not the number of different tokens.",
    )


def _verdicts(net: Network, tokens: Array, batch: int = 1000) -> Array:
    """1 where the logit is above zero."""
    parts = [net.logits(tokens[i : i + batch], "last") for i in range(0, len(tokens), batch)]
    return (np.concatenate(parts)[:, 0] > 0).astype(np.int32)


def _by_length(right: Array, lengths: Array, wanted: float) -> Figure:
    figure = Figure(figsize=(6.0, 2.6), layout="constrained")
    axes = figure.add_subplot()
    groups = np.unique(lengths)
    axes.plot(groups, [right[lengths == n].mean() for n in groups], "o-", markersize=4)
    axes.axhline(wanted, color="black", linestyle="--", linewidth=1, label="asked for, over all lengths")
    axes.axhline(0.5, color="grey", linestyle=":", linewidth=1, label="guessing")
    axes.set(xlabel="words in the review", ylabel="share judged rightly", ylim=(0.35, 1.02))
    axes.legend(fontsize=8, frameon=False)
    return figure
