"""build_rnn: every kind of cell really recurs, every layer and both directions take part.

How a network is made is the student's choice. The order of words has to matter; weights are disturbed from outside, one
array at a time, to see which of them take part and how many numbers they hold; and where all weights are made small,
so that a state soon forgets, a network that reads in both directions still notices its first word and its last.

Weights may be kept where nobody finds them, in functions of the student's or in nothing but the seed. So each setting
has to make another network, too, and where a network forgets within a long sequence, one in both directions must not.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from ass6_ask import JUMBLED, Array, Network, Settings, fresh_seed, jumbled, network, words

from autograder.checks import recurrence
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote.client import Student

CELLS = ("simple", "gru", "lstm")
ROWS = 8
LEAST = 1e-4  # of the spread of logits: a smaller effect of the order of words is rounding
SAME = 1e-6  # of the spread of logits: networks that differ by less are one
STEPS = 30  # a GRU or LSTM with small weights halves its state at every step, or nearly
SIZE = 0.4  # of the weights there, in units of 1 / sqrt(inputs)
# Of the larger influence, that both ends must have. Over 150 seeds each of nine kinds of correct networks the share was
# at least 0.08; with one direction only, simple cells had at most 1e-7 and stacked GRUs 3e-5.
SHARE = 0.01
# Where no weights are found they stay as they are. Over 40 seeds each of five kinds of correct networks in both
# directions the share was at least 0.14 with LONG words.
LONG, FORGOTTEN, TRIED = 200, 1e-4, 3


@pytest.mark.item("architectures", weight=2)
def test_order_matters(student: Student, rng: np.random.Generator) -> None:
    """Every kind of network, also stacked and bidirectional, answers otherwise when words change places."""
    for cell, layers, bidirectional, mask in (
        ("simple", 1, False, True),
        ("gru", 1, False, False),
        ("lstm", 1, False, True),
        ("simple", 2, True, True),
        ("gru", 2, True, True),
        ("lstm", 3, False, True),
    ):
        kind = Settings(cell, layers, bidirectional, mask)
        net = network(student, kind, fresh_seed(rng))
        tokens = np.array([rng.permutation(np.arange(1, kind.vocab))[:5] for _ in range(ROWS)], np.int32)
        swapped = tokens[:, [0, 2, 1, 3, 4]]
        plain = net.predict(tokens)
        spread = float(np.ptp(plain))
        expect(spread > 0, f"{kind}: all sequences get the same logit.")
        moved = np.abs(net.predict(swapped) - plain)
        expect(
            bool(np.median(moved) > LEAST * spread),
            f"{kind}: the order of the words makes no difference.",
            "Does the state of one step enter the next?",
        )


@pytest.mark.item("architectures")
def test_each_setting_makes_another_network(student: Student, rng: np.random.Generator) -> None:
    """With the same seed, another cell, one layer more or a second direction changes the answers."""
    seed, tokens = fresh_seed(rng), words(rng, Settings().vocab, ROWS, 5)
    plain = [Settings(cell) for cell in CELLS]
    pairs = list(itertools.combinations(plain, 2))
    for kind in plain:
        changed = [{"layers": 2}, {"bidirectional": True}, {"layers": 2, "bidirectional": True}]
        stacked, both, stacked_both = (replace(kind, **change) for change in changed)
        pairs += [(kind, stacked), (stacked, replace(kind, layers=3)), (kind, both)]
        pairs += [(stacked, stacked_both), (both, stacked_both)]
    answers = {kind: network(student, kind, seed).predict(tokens) for pair in pairs for kind in pair}
    for one, other in pairs:
        apart = float(np.abs(answers[one] - answers[other]).max())
        expect(
            apart > SAME * float(np.ptp(answers[one])),
            f"{one} and {other}: both networks give the same logits.",
            "cell, layers and bidirectional all decide what the network is.",
        )


@pytest.mark.item("architectures")
def test_each_word_has_an_effect_of_its_own(student: Student, rng: np.random.Generator) -> None:
    """What a word does to the logit depends on the words beside it, but not on them alone."""
    nets = [network(student, Settings(cell, vocab=25), fresh_seed(rng)) for cell in CELLS]
    if any(net.weights() is not None for net in nets):
        return  # the weights say what is a network, and its form is another test's matter
    expect(
        min(jumbled(net) for net in nets) <= JUMBLED,
        "A single word may change the logit in any way, depending on the word beside it, as in a checksum.",
        "A recurrent network reads word after word into a state.",
    )


@pytest.mark.item("architectures")
def test_all_layers_take_part(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """All weights take part; layers, directions and gates have weights of their own."""
    plain = {cell: _numbers(student, Settings(cell), rng) for cell in CELLS}
    for cell, count in plain.items():
        if count:
            measure.figure(f"weights of a network with one layer ({cell})", count)
    for fewer, more in itertools.pairwise(CELLS):
        expect(
            not (plain[fewer] and plain[more]) or plain[fewer] < plain[more],
            f'cell="{more}" has no more weights than cell="{fewer}", so one of them is another cell.',
        )
    added: dict[str, int] = {}  # by the second layer
    for cell in CELLS:
        stacked, both = Settings(cell, layers=2), Settings(cell, bidirectional=True)
        count = _numbers(student, stacked, rng)
        added[cell] = count - plain[cell] if count and plain[cell] else 0
        expect(
            not (count and plain[cell]) or count > plain[cell],
            f"{stacked}: a second layer brings no weights that make a difference.",
            "A second layer has weights of its own, and its outputs are used.",
        )
        count = _numbers(student, both, rng)
        # Where both read with the same weights, no more than the result's second half in the last layer is added.
        expect(
            not (count and plain[cell]) or not 0 <= count - plain[cell] <= both.units,
            f'cell="{cell}" has no weights for a second direction.',
            "Each direction has weights of its own.",
        )
        expect(
            not (count and plain[cell]) or count > plain[cell],
            f'cell="{cell}" has fewer weights in both directions than in one.',
            "units is the size of the state in each direction.",
        )
    for fewer, more in itertools.pairwise(CELLS):
        if 0 < added[fewer] < added[more]:
            # Without its one layer a network has no weights whose number depends on the kind of cell.
            left = (plain[more] - added[more]) - (plain[fewer] - added[fewer])
            expect(
                left < (added[more] - added[fewer]) / 2,
                "A network with layers=1 has more recurrent layers than one.",
                "layers is the number of recurrent layers.",
            )
    two, three = (_numbers(student, Settings("gru", layers=layers), rng) for layers in (2, 3))
    expect(
        not (two and three) or three > two,
        "A third layer brings no weights that make a difference.",
        "layers may be any number.",
    )


@pytest.mark.item("architectures")
def test_both_directions_take_part(student: Student, rng: np.random.Generator) -> None:
    """With bidirectional=True the first words matter as much as the last, even where the state soon forgets."""
    for cell, layers in (("simple", 1), ("lstm", 1), ("gru", 2)):
        kind = Settings(cell, layers, bidirectional=True, emb=8, units=16)
        net = network(student, kind, fresh_seed(rng))
        weights = net.weights()
        if weights is None:
            _expect_no_end_forgotten(student, kind, rng)
            continue
        weights.set([_small(w) for w in weights.start])
        _expect_both_ends(kind, [_influence(net, rng, STEPS)])


@pytest.mark.item("architectures")
def test_layers_stand_one_above_the_other(student: Student, rng: np.random.Generator) -> None:
    """A second layer reads the first one's outputs; with bidirectional=True the first reads both ways, too."""
    for cell in ("simple", "gru"):
        one, two = (_readers(student, Settings(cell, layers=layers), rng) for layers in (1, 2))
        expect(
            not (one and two) or not (two.all > one.all and two.needed < one.needed),
            f'cell="{cell}": the second layer reads the embedded words and not the outputs of the first.',
            "Layers stand one above the other, not side by side.",
        )
        one, two = (_readers(student, Settings(cell, n, bidirectional=True), rng) for n in (1, 2))
        expect(
            not (one and two) or two.needed <= one.needed,
            f'cell="{cell}", bidirectional: of two layers the first reads in one direction only.',
            "Every layer reads in both directions.",
        )


@dataclass(frozen=True)
class _Readers:
    """How many arrays of weights are as wide as an embedded word, and without how many of these the words, all else
    being equal, make no difference to the logit."""

    all: int
    needed: int


def _readers(student: Student, kind: Settings, rng: np.random.Generator) -> _Readers | None:
    """None where no weights are to be found. The width of an embedding is no other number of these networks."""
    net = network(student, kind, fresh_seed(rng))
    weights = net.weights()
    if weights is None:
        return None
    tokens = words(rng, kind.vocab, ROWS, 4)
    spread = float(np.ptp(net.predict(tokens)))
    wide = [place for place, w in enumerate(weights.start) if kind.emb in w.shape]
    needed = 0
    for place in wide:
        weights.set([w * (number != place) for number, w in enumerate(weights.start)])
        needed += float(np.ptp(net.predict(tokens))) < 1e-6 * spread
    return _Readers(len(wide), needed)


def _numbers(student: Student, kind: Settings, rng: np.random.Generator) -> int:
    """How many numbers are in the weights that take part; 0 where no weights are to be found."""
    net = network(student, kind, fresh_seed(rng))
    weights = net.weights()
    if weights is None:
        return 0
    tokens = words(rng, kind.vocab, 2 * ROWS, 3)

    def run(values: list[Array]) -> Array:
        weights.set(values)
        return net.predict(tokens)

    parts = recurrence.taking_part(run, weights.start, rng)
    idle = [part for part in parts if not part.takes_part]
    expect(
        not idle or len(idle) < len(parts) / 4,
        f"{kind}: some of the weights make no difference to the logits.",
        "Is the output of every layer used?",
    )
    return sum(w.size for w, part in zip(weights.start, parts, strict=True) if part.takes_part)


def _small(weight: Array) -> Array:
    """Matrices rescaled so that a product with them makes a vector smaller; other arrays as they were."""
    if weight.ndim < 2:
        return weight
    size = float(np.sqrt(np.mean(np.square(weight))))
    return weight * (SIZE / np.sqrt(weight.shape[0]) / size) if size > 0 else weight


def _expect_both_ends(kind: Settings, influences: list[tuple[float, float]]) -> None:
    """The first words matter, and the last, in one of these networks of a kind at least."""
    first, last = max(influences, key=_share)
    expect(
        min(first, last) >= SHARE * max(first, last) > 0,
        f"{kind}: the {'first' if first < last else 'last'} words hardly matter, so one direction is missing.",
        "One half of the network reads from the first word to the last, the other half the other way round.",
    )


def _expect_no_end_forgotten(student: Student, kind: Settings, rng: np.random.Generator) -> None:
    """With the weights as they are: networks in one direction tell whether one end of a long sequence is forgotten
    with these. Where it is not, nothing can be told in this way."""

    def influences(kind: Settings) -> list[tuple[float, float]]:
        nets = [network(student, kind, fresh_seed(rng)) for _ in range(TRIED)]
        return [_influence(net, rng, LONG) for net in nets]

    alone = [_share(influence) for influence in influences(replace(kind, bidirectional=False))]
    if max(alone) < FORGOTTEN:
        _expect_both_ends(kind, influences(kind))


def _share(influence: tuple[float, float]) -> float:
    """Of the influence of one end, that the other has; 0 where none has any."""
    return min(influence) / max(*influence, np.finfo(np.float64).tiny)


def _influence(net: Network, rng: np.random.Generator, steps: int) -> tuple[float, float]:
    """How far the logit moves with the first word, and with the last, on average over sequences of so many words."""
    vocab = net.settings.vocab
    tokens = words(rng, vocab, ROWS, steps)
    plain = net.predict(tokens)
    moved = []
    for place in (0, -1):
        other = tokens.copy()
        other[:, place] = other[:, place] % (vocab - 1) + 1
        moved.append(float(np.abs(net.predict(other) - plain).mean()))
    return moved[0], moved[1]
