"""logits and pad: averages over the words only, one output or two, and arrays of equal width.

What an average over time should be is taken from the student's own network: the logits after each word are those of
mode "last" for the sequence up to that word, unpadded, so that nothing else needs to be right. Where they do not
agree, the student's own states at the words are tried in their place, because their masks are another item's matter.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from ass5_ask import Array, Network, fresh_seed, network, sizes, trained, wide, words
from ass5_reviews import reviews

from autograder.checks import masking
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed, expect
from autograder.remote import answers
from autograder.remote.client import Student
from autograder.remote.errors import StudentError

pytestmark = pytest.mark.fresh_if_raised  # see test_ass5_states.py
LENGTHS = (3, 3, 1, 6, 8)  # sorting them twice is not undoing it, in either direction
CLOSE = 1e-5
CLOSE_BY_STATES = 1e-4  # the head is fitted there, not known
CLEAR = 4e-4  # how far the average of sigmoids should lie from the sigmoid of the average, to be told apart
SIDES: tuple[masking.Side, ...] = ("post", "pre")


# rnn-pooling


@pytest.mark.item("rnn-pooling", weight=2)
@pytest.mark.parametrize("mode", ["mean_logits", "mean_states"])
def test_averages_of_logits(student: Student, rng: np.random.Generator, mode: str) -> None:
    """{mode} is the logits averaged over the words, however much padding there is."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    _expect_average(net, mode, _sequences(rng, vocab), vocab, rng, CLOSE)


@pytest.mark.item("rnn-pooling")
@pytest.mark.budget(60)
def test_averages_of_a_trained_network(student: Student, rng: np.random.Generator) -> None:
    """After a training, when the head's bias is no longer what it was at first, averages are still right."""
    sequences = _sequences(rng, 40)
    task = reviews(rng, 500, 10)
    try:  # by mode "last": a training by the average that is wrong would leave alone what it leaves out
        net = trained(student, task.x_train[:, :30], task.y_train, 16, 2, fresh_seed(rng))
        net.logits(task.x_test[:1, :30])
    except StudentError:
        return  # rnn-learns asks for a training that works
    averages = ("mean_logits", "mean_states")
    for mode in averages:
        _expect_average(net, mode, sequences, 120, rng, CLOSE)
    of_one_word = {mode: wide(net.logits(_single_words(120), mode)) for mode in ("last", *averages)}
    for mode, other in itertools.permutations(averages):  # the one of three that differs is wrong
        apart = [float(np.abs(of_one_word["last"] - of_one_word[name]).max()) for name in (mode, other)]
        expect(
            apart[0] <= CLOSE or apart[1] > CLOSE,
            f'Mode "{mode}" gives other logits for a single word than mode "last".',
            "The head is z = h V + c in every mode.",
        )


@pytest.mark.item("rnn-pooling", weight=2)
@pytest.mark.budget(60)
def test_averages_of_probabilities(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """mean_probs is the average of the sigmoids at the words, and not the sigmoid of an average."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    sequences = _sequences(rng, vocab)
    gap = _gap(net, sequences)
    if gap < CLEAR:  # logits close to zero: there the sigmoid is nearly straight
        tried, gap_tried = _trained(student, rng, sequences)
        if tried is not None and gap_tried > gap:
            net, gap, vocab = tried, gap_tried, 120
    measure.figure("largest distance of the sigmoid of the average", gap)
    _expect_average(
        net,
        "mean_probs",
        sequences,
        vocab,
        rng,
        CLOSE if gap >= CLEAR else float(np.clip(gap / 4, 4e-7, CLOSE / 2)),
    )


@pytest.mark.item("rnn-pooling")
def test_without_masks_all_steps_count(student: Student, rng: np.random.Generator) -> None:
    """With masked=False averages are over all steps, padded ones included."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    tokens = masking.padded([list(words(rng, vocab, n)) for n in (2, 5, 7)], 7)
    each = np.stack([net.logits(tokens[:, : t + 1], "last", masked=False) for t in range(7)], axis=1)
    for mode in ("mean_logits", "mean_states"):
        found = net.logits(tokens, mode, masked=False)
        expect(
            bool(np.abs(found - wide(each).mean(axis=1)).max() <= CLOSE),
            f'With masked=False, mode "{mode}" is not the average over all steps.',
        )


@dataclass(frozen=True)
class _EveryStep:
    """Logits [B, T, 1] after each word, and where the words stand."""

    logits: Array
    real: Array


def _expect_average(
    net: Network,
    mode: str,
    sequences: list[list[int]],
    vocab: int,
    rng: np.random.Generator,
    tolerance: float,
) -> None:
    alone = _after_each_word(net, sequences)
    for side in SIDES:
        tokens = masking.padded(sequences, max(LENGTHS) + 3, side)
        found = net.logits(tokens, mode)
        report = _average(found, alone, mode, tolerance)
        if not report.ok:
            heads = ("last", "mean_logits") if tolerance >= CLOSE else ()
            others = [_from_states(net, tokens, vocab, head, rng) for head in heads]
            if any(o is not None and _average(found, o, mode, CLOSE_BY_STATES).ok for o in others):
                continue
            place = "in front" if side == "pre" else "behind"
            sentence = f'Mode "{mode}", padding {place}: {report.sentence}'
            raise Failed(sentence + _named(found, alone, mode, tolerance), _hint(mode))


def _average(found: Array, every: _EveryStep, mode: str, tolerance: float) -> masking.MaskingReport:
    values = _sigmoid(every.logits) if mode == "mean_probs" else every.logits
    return masking.average_of_real_steps(found, values, every.real, tolerance=tolerance)


def _named(found: Array, every: _EveryStep, mode: str, tolerance: float) -> str:
    mean = np.where(every.real[..., None], every.logits, 0).sum(axis=1) / every.real.sum(axis=1)[:, None]
    if mode == "mean_probs" and np.abs(found - _sigmoid(mean)).max() <= tolerance:
        return " It is the sigmoid of the average logit."
    if mode == "mean_probs" and np.abs(found - mean).max() <= tolerance:
        return " It is the average logit, no probability."
    return ""


def _hint(mode: str) -> str:
    if mode == "mean_probs":
        return "First the probability at every step, then the average over the words."
    return "Add up over the words only, and divide by the number of words."


def _after_each_word(net: Network, sequences: list[list[int]]) -> _EveryStep:
    longest = max(len(s) for s in sequences)
    real = masking.real_places([len(s) for s in sequences], longest)
    every = np.zeros((len(sequences), longest, 1))
    for t in range(longest):
        rows = [i for i, s in enumerate(sequences) if len(s) > t]
        every[rows, t] = net.logits(np.asarray([sequences[i][: t + 1] for i in rows], np.int32))
    return _EveryStep(every, real)


def _from_states(
    net: Network, tokens: Array, vocab: int, mode: str, rng: np.random.Generator
) -> _EveryStep | None:
    """Logits of the student's own states at the words, by the affine head that fits mode `mode`.

    With mode "last" the head is fitted to sequences of four words, with another one to single words, whose average
    is their own logit.
    """
    sample = words(rng, vocab, 8 * net.hidden, 4) if mode == "last" else _single_words(vocab)
    try:
        ends, given = wide(net.states(sample)[:, -1]), wide(net.logits(sample, mode))
        own = wide(net.states(tokens))
    except StudentError:
        return None
    design = np.column_stack([ends, np.ones(len(ends))])
    head, *_ = np.linalg.lstsq(design, given, rcond=None)
    if np.abs(design @ head - given).max() > CLOSE_BY_STATES / 4:
        return None
    return _EveryStep(own @ head[:-1] + head[-1], tokens > 0)


def _single_words(vocab: int) -> Array:
    return np.arange(1, vocab, dtype=np.int32)[:, None]


def _gap(net: Network, sequences: list[list[int]]) -> float:
    every = _after_each_word(net, sequences)
    shares = every.real[..., None] / every.real.sum(axis=1)[:, None, None]
    inner = _sigmoid((every.logits * shares).sum(axis=1))
    return float(np.abs((_sigmoid(every.logits) * shares).sum(axis=1) - inner).max())


def _trained(
    student: Student, rng: np.random.Generator, sequences: list[list[int]]
) -> tuple[Network | None, float]:
    """A network with larger logits: one that has learned something."""
    task = reviews(rng, 500, 10)
    try:
        net = trained(student, task.x_train[:, :30], task.y_train, 16, 6, fresh_seed(rng), "mean_logits")
        return net, _gap(net, sequences)
    except StudentError:
        return None, 0.0


# rnn-heads


@pytest.mark.item("rnn-heads")
def test_two_outputs_make_one_probability(student: Student, rng: np.random.Generator) -> None:
    """With two outputs the probabilities are a softmax: the second is the sigmoid of the logits' difference."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 2, fresh_seed(rng))
    tokens = _single_words(vocab)  # nothing is averaged
    z, p = wide(net.logits(tokens, "last")), wide(net.logits(tokens, "mean_probs"))
    expect(
        bool(np.abs(p.sum(axis=1) - 1).max() <= CLOSE),
        "With two outputs the two probabilities of a sequence do not sum to 1.",
        "Softmax along the outputs, not a sigmoid of each.",
    )
    expect(
        bool(np.abs(p[:, 1] - _sigmoid(z[:, 1] - z[:, 0])).max() <= CLOSE),
        "With two outputs the second probability is not the sigmoid of the difference of the two logits.",
    )


@pytest.mark.item("rnn-heads")
def test_one_output_is_a_sigmoid(student: Student, rng: np.random.Generator) -> None:
    """With one output the probability is the sigmoid of the logit."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    tokens = _single_words(vocab)
    z, p = wide(net.logits(tokens, "last")), wide(net.logits(tokens, "mean_probs"))
    expect(
        bool(np.abs(p - _sigmoid(z)).max() <= CLOSE),
        "With one output the probability is not the sigmoid of the logit.",
        "A softmax over a single number is always 1.",
    )


# rnn-padding

MOST_WORDS = 1_000_000


@pytest.mark.item("rnn-padding")
@pytest.mark.parametrize("mode", ["pre", "post"])
def test_zeros_fill_up(student: Student, rng: np.random.Generator, mode: str) -> None:
    """Shorter sequences are filled up with zeros at the end that mode names ({mode}); the words stay as they are."""
    for maxlen in (None, 12):
        seqs = [list(map(int, words(rng, MOST_WORDS, n))) for n in rng.permutation([1, 3, 3, 6, 9])]
        _expect_padded(student, seqs, mode, maxlen, None)


@pytest.mark.item("rnn-padding")
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_long_sequences_are_cut(student: Student, rng: np.random.Generator, truncating: str) -> None:
    """Sequences longer than maxlen lose words at the end that truncating names ({truncating}), whatever mode is."""
    for mode in SIDES:
        seqs = [list(map(int, words(rng, 50, n))) for n in rng.permutation([1, 4, 5, 6, 9])]
        _expect_padded(student, seqs, mode, 5, truncating)


@pytest.mark.item("rnn-padding")
def test_defaults(student: Student, rng: np.random.Generator) -> None:
    """Without further arguments: zeros in front, as wide as the longest; cut at the beginning."""
    seqs = [list(map(int, words(rng, 50, n))) for n in (2, 7, 4)]
    found = answers.integers(student.pad(seqs), (3, 7), what="the padded sequences")
    expect(
        bool((found == _oracle(seqs, "pre", 7, "pre")).all()), "pad(seqs) does not put the zeros in front."
    )
    found = answers.integers(student.pad(seqs, maxlen=3), (3, 3), what="the padded sequences")
    expect(
        bool((found == _oracle(seqs, "pre", 3, "pre")).all()),
        "pad(seqs, maxlen=…) does not keep the end of a long sequence.",
    )


def _expect_padded(
    student: Student, seqs: list[list[int]], mode: str, maxlen: int | None, truncating: str | None
) -> None:
    options = {} if maxlen is None else {"maxlen": maxlen}
    if truncating is not None:
        options["truncating"] = truncating  # type: ignore[assignment]
    width = maxlen or max(map(len, seqs))
    found = answers.integers(
        student.pad(seqs, mode=mode, **options), (len(seqs), width), what="the padded sequences"
    )
    wanted = _oracle(seqs, mode, width, truncating or "pre")
    if (found == wanted).all():
        return
    counts = (found != 0).sum(axis=1)
    if (counts == (wanted != 0).sum(axis=1)).all() and (np.sort(found) == np.sort(wanted)).all():
        raise Failed(f'With mode="{mode}" the words of a sequence do not stand where they should.')
    cut = f', maxlen={maxlen} and truncating="{truncating}"' if truncating else ""
    raise Failed(f'With mode="{mode}"{cut} the array does not hold the right words, and zeros elsewhere.')


def _oracle(seqs: list[list[int]], mode: str, width: int, truncating: str) -> Array:
    kept = [s[-width:] if truncating == "pre" else s[:width] for s in seqs]
    return masking.padded(kept, width, "pre" if mode == "pre" else "post")


def _sequences(rng: np.random.Generator, vocab: int) -> list[list[int]]:
    return [list(map(int, words(rng, vocab, length))) for length in LENGTHS]


def _sigmoid(z: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(wide(z) / 2)
