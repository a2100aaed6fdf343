"""train_rnn: does the network learn a task where every word counts, with padding in its way?

The verdicts of these reviews are linear in the numbers of their words, so that a score for each word, fitted in one go,
would judge them well. So it has to be the recurrent network that judges: logits of its last state, states that are its
own steps, steps of the form asked for. What is wrong with untrained networks as well costs the items about that.

The threshold and its error rates: ass5_thresholds.json, made by benchmarks/calibrate_ass5.py.
"""

from __future__ import annotations

import ass5_reviews
import numpy as np
import pytest
from ass5_ask import Array, Network, fresh_seed, network, one_hot, sizes, trained, wide, words
from ass5_thresholds import threshold
from matplotlib.figure import Figure

from autograder.checks import accuracy, masking, recurrence
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed, expect
from autograder.remote.client import Student
from autograder.remote.errors import StudentError

pytestmark = pytest.mark.fresh_if_raised  # see test_ass5_states.py
HEAD_ROWS, STEP_ROWS = 400, 100
# Over 22 trainings of unusual variants the largest errors of head and steps were 7e-8 and 3e-7, and the form had none
# beyond rounding. For word scores beside an untrained network the head's was 0.5.
HEAD_TOLERANCE = 1e-3  # in units of the spread of the logits
STEP_TOLERANCE = 1e-4  # of states
FORM_TOLERANCE = 1e-3


@pytest.mark.item("rnn-learns")
@pytest.mark.budget(240)
def test_reviews_are_told_apart(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Trained on 4,000 made-up reviews with masking and mode "last", the network judges 4,000 others."""
    task = ass5_reviews.reviews(rng)
    wanted = threshold("reviews")
    nets: list[Network] = []
    found: list[Array] = []

    def run(seed: int) -> tuple[int, int]:
        net = trained(student, task.x_train, task.y_train, ass5_reviews.HIDDEN, ass5_reviews.EPOCHS, seed)
        nets.append(net)
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
    for net in nets:
        _expect_judged_by_states(student, net, task.x_test, rng)


@pytest.mark.item("rnn-learns")
@pytest.mark.budget(60)
def test_the_vocabulary_reaches_to_the_largest_token(student: Student, rng: np.random.Generator) -> None:
    """The network has an input of its own for every token up to the largest, also for those that never occur."""
    vocab, hidden = sizes()
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


def _expect_judged_by_states(student: Student, net: Network, tokens: Array, rng: np.random.Generator) -> None:
    """The trained network is a recurrent one, and its last state decides."""
    hint = "train_rnn trains the weights that step and states work with, and logits asks the states."
    try:
        by_states = _by_states(net, tokens[:HEAD_ROWS])
        sentence = _no_recurrence(net, ass5_reviews.KIND.vocab, tokens[:STEP_ROWS], rng)
    except StudentError:
        if _untrained_fails_too(student, rng):
            return
        raise
    if not by_states and not _head_bends(student, rng):
        raise Failed('After the training, the logits in mode "last" are not h V + c of the last state.', hint)
    if sentence and not _untrained_fails_too(student, rng):
        raise Failed(f"After the training: {sentence}", hint)


def _by_states(net: Network, tokens: Array) -> bool:
    """Whether one affine function of the last state, fitted to half of the sequences, gives the logits of the others.

    The state may be the one listed last or the one listed at the last word: they differ where masks are wrong.
    """
    given, states = wide(net.logits(tokens, "last")), wide(net.states(tokens))
    last_words = (tokens > 0).sum(axis=1) - 1  # padding stands behind
    half = len(tokens) // 2
    for ends in (states[:, -1], states[np.arange(len(tokens)), last_words]):
        design = np.column_stack([ends, np.ones(len(ends))])
        head, *_ = np.linalg.lstsq(design[:half], given[:half], rcond=None)
        if np.abs(design[half:] @ head - given[half:]).max() <= HEAD_TOLERANCE * np.ptp(given):
            return True
    return False


def _no_recurrence(net: Network, vocab: int, tokens: Array, rng: np.random.Generator) -> str:
    """What is wrong with the steps of a network, or with its states as such steps; padding stands behind."""
    report = recurrence.elman_form(net.step, vocab, net.hidden, rng, tolerance=FORM_TOLERANCE)
    if not report.ok:
        return report.sentence
    states = wide(net.states(tokens))
    before = np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)
    real = tokens > 0
    stepped = wide(net.step(one_hot(tokens[real], vocab), before[real].astype(np.float32)))
    if not np.abs(stepped - states[real]).max() <= STEP_TOLERANCE:
        return "The states of a sequence differ from single steps done one after the other."
    return ""


def _untrained_fails_too(student: Student, rng: np.random.Generator) -> bool:
    """Then rnn-step, rnn-sequence or rnn-masking, which ask networks of these sizes, are lost already."""
    vocab, hidden = sizes()
    sequences = [list(map(int, words(rng, vocab, length))) for length in range(1, 31)]
    try:
        net = network(student, vocab, hidden, 1, fresh_seed(rng))
        return bool(_no_recurrence(net, vocab, masking.padded(sequences, 33), rng))
    except StudentError:
        return True


def _head_bends(student: Student, rng: np.random.Generator) -> bool:
    """Whether the logits of the average state are not the average logits, in an untrained network: a head that is not
    affine costs rnn-pooling."""
    vocab, hidden = sizes()
    try:
        net = network(student, vocab, hidden, 1, fresh_seed(rng))
        tokens = words(rng, vocab, 5, 8)
        apart = np.abs(net.logits(tokens, "mean_states") - net.logits(tokens, "mean_logits")).max()
    except StudentError:
        return True
    return bool(apart > 2 * recurrence.SEQUENCE_TOLERANCE)


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
