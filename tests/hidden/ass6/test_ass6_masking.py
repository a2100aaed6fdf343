"""build_rnn with mask=True: padding makes no difference, in any kind of network.

Fresh networks hardly react to anything, and least of all a stack of GRUs to padding in front. So each is asked again
with all weights three times as large and with biases, from outside, and sequences stand alone, in batches, and padded
on either side. Without biases a mask that only takes padding out of the inputs and of the outputs would go unnoticed:
between them a state of zeros stays one, until training gives the biases values.
Then, over 20 seeds of networks with Keras's initial weights (stacked GRUs and simple cells), a mask that comes late by
one place moved a logit by 0.1 at least; rounding moved it by less than 2e-6.
"""

from __future__ import annotations

import numpy as np
import pytest
from ass6_ask import Array, Network, Settings, fresh_seed, network, words

from autograder.checks import masking, masking_picture
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote.client import Student

LENGTHS = (3, 6, 1, 6, 10)  # sorting them twice is not undoing it, in either direction
PADDING = 15  # so that the longest sequence has 25 places
SCALE = 3.0
BIAS = 0.5  # of biases, which start as zeros, and with which a state of zeros stays one where the input is zero as well
LEAST = 1e-3  # of the spread of logits: no effect of padding is smaller where logits are small as well
NOISE = 20.0  # times what rounding alone does to the logits: the tolerance, where that is more than the usual
MOST_NOISE = 1e-4
SIDES: tuple[masking.Side, ...] = ("post", "pre")
DRAWN = Settings("gru", layers=2, bidirectional=True)  # of the others, only what is wrong is drawn
_WHERE = "Which of your layers know the mask, which hand it on, and which drop it?"


@pytest.mark.item("mask-invariance", weight=2)
def test_simple_cells(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Simple cells: a sequence gets the same logit alone and in a batch, with padding behind it or in front."""
    _expect_invariance(student, rng, measure, Settings("simple"))


@pytest.mark.item("mask-invariance", weight=2)
def test_stacked_gru(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Two layers of GRUs: a sequence gets the same logit alone and in a batch, with padding behind it or in front."""
    _expect_invariance(student, rng, measure, Settings("gru", layers=2))


@pytest.mark.item("mask-invariance", weight=2)
def test_lstm_in_both_directions(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """LSTMs in both directions: a sequence gets the same logit alone and in a batch, padded behind or in front."""
    _expect_invariance(student, rng, measure, Settings("lstm", bidirectional=True))


@pytest.mark.item("mask-invariance", weight=2)
def test_stacked_gru_in_both_directions(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Two layers of GRUs in both directions: the same logit alone and in a batch, padded behind or in front."""
    _expect_invariance(student, rng, measure, DRAWN)


def _expect_invariance(student: Student, rng: np.random.Generator, measure: Measure, kind: Settings) -> None:
    net = network(student, kind, fresh_seed(rng))
    sequences = [list(map(int, words(rng, kind.vocab, length))) for length in LENGTHS]
    size, tolerance = _sensitive(net, sequences, rng)
    reports = _reports(net, sequences, tolerance)
    measure.figure("largest effect of padding", max(r.worst for r in reports), threshold=tolerance)
    if kind == DRAWN or not all(report.ok for report in reports):
        measure.picture(
            "effect of padding",
            masking_picture.differences(list(zip(("behind", "in front"), reports, strict=True))),
            f"How far the logits of sequences move when {PADDING} places of padding are added ({kind}; all weights are "
            f"{size:g} times as large as at first). Below the dashed line is rounding.",
        )
    for where, report in zip(("behind", "in front"), reports, strict=True):
        expect(report.ok, f"{kind}, padding {where}: {report.sentence}", _WHERE)


@pytest.mark.item("mask-invariance", weight=2)
def test_only_zero_is_padding(student: Student, rng: np.random.Generator) -> None:
    """Every other token is a word: leaving one out changes the logit."""
    for cell in ("simple", "lstm"):
        _expect_words(network(student, Settings(cell, vocab=9), fresh_seed(rng)), rng)


def _expect_words(net: Network, rng: np.random.Generator) -> None:
    kind = net.settings
    without = words(rng, kind.vocab, 4, 6)
    plain = net.predict(without)
    tokens = range(1, kind.vocab)
    with_it = np.concatenate([np.insert(without, 3, token, axis=1) for token in tokens]).astype(np.int32)
    moved = np.abs(net.predict(with_it).reshape(len(tokens), 4) - plain).max(axis=1)  # of each token
    scale = float(np.median(moved))
    expect(
        scale > 0 and bool((moved > 1e-3 * scale).all()),
        "A word in the middle of a sequence makes no difference, as if it were padding.",
        "Tokens from 1 on are words, the largest one too.",
    )


@pytest.mark.item("mask-invariance")
def test_predict_repeats_itself(student: Student, rng: np.random.Generator) -> None:
    """predict gives the same logits every time, and to each row its own, whatever else is in the batch."""
    kind = Settings("gru", layers=2)
    net = network(student, kind, fresh_seed(rng))
    tokens = words(rng, kind.vocab, 5, 7)
    once, again = net.predict(tokens), net.predict(tokens)
    expect(
        bool(np.abs(once - again).max() <= masking.TOLERANCE),
        "predict gives other logits when asked again.",
        "After training, a network is used without dropout.",
    )
    turned = net.predict(tokens[::-1].copy())[::-1]
    expect(
        bool(np.abs(once - turned).max() <= masking.TOLERANCE),
        "The logit of a sequence depends on the other sequences in the batch.",
    )


@pytest.mark.item("mask-invariance")
def test_padding_that_comes_first(student: Student, rng: np.random.Generator) -> None:
    """A second network of the same seed, asked with padding before it is asked without, answers like the first."""
    kind, seed = Settings("simple"), fresh_seed(rng)
    tokens, others = words(rng, kind.vocab, 6, 5), words(rng, kind.vocab, 6, 5)
    first, second = network(student, kind, seed), network(student, kind, seed)
    plain, compared = first.predict(tokens), first.predict(others)
    padded = second.predict(np.pad(tokens, [(0, 0), (0, PADDING)]))
    tolerance = max(masking.TOLERANCE, LEAST * float(np.ptp(compared)))  # large logits have more rounding
    if np.abs(second.predict(others) - compared).max() > tolerance:
        return  # another network: its weights are not decided by the seed alone
    expect(
        bool(np.abs(padded - plain).max() <= tolerance),
        f"{kind}: the logits of padded sequences are others, where the network was not asked without padding before.",
        _WHERE,
    )


def _reports(net: Network, sequences: list[list[int]], tolerance: float) -> list[masking.MaskingReport]:
    """For padding behind and in front; what is asked twice is remembered, as a single sequence is the same for both."""
    known: dict[bytes, Array] = {}

    def run(tokens: Array) -> Array:
        key = repr(tokens.shape).encode() + tokens.tobytes()
        if key not in known:
            known[key] = net.predict(tokens)
        return known[key]

    return [
        masking.padding_changes_nothing(run, sequences, amounts=(PADDING,), side=side, tolerance=tolerance)
        for side in SIDES
    ]


def _sensitive(net: Network, sequences: list[list[int]], rng: np.random.Generator) -> tuple[float, float]:
    """Makes the weights as large as is useful: SCALE times, but not where rounding then has the effects of padding.
    Biases get values, as training would give them.

    Returns the factor, and the tolerance.
    """
    weights, others = net.weights(), words(rng, net.settings.vocab, 5, max(LENGTHS))
    if weights is None:
        return 1.0, min(_tolerance(net, sequences, others), masking.TOLERANCE)
    biases = [rng.normal(0.0, BIAS, w.shape) for w in weights.start]
    weights.scale(SCALE, biases)
    tolerance = _tolerance(net, sequences, others)
    if tolerance <= MOST_NOISE:
        return SCALE, tolerance
    weights.scale(1.0, biases)
    return 1.0, min(_tolerance(net, sequences, others), masking.TOLERANCE)


def _tolerance(net: Network, sequences: list[list[int]], others: Array) -> float:
    """More than the usual where rounding is amplified; less where the logits of `others`, tokens [rows, steps] without
    padding, lie close together."""
    longest = np.asarray([max(sequences, key=len)], np.int32)
    noise = np.abs(net.predict(longest) - net.predict(np.repeat(longest, 5, axis=0))).max()
    spread = float(np.ptp(net.predict(others)))
    return max(NOISE * float(noise), min(masking.TOLERANCE, LEAST * spread))
