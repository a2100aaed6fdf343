"""step and states: the form of one step, a sequence as its steps, and padding that leaves no trace."""

from __future__ import annotations

import numpy as np
import pytest
from ass5_ask import Array, Network, fresh_seed, network, one_hot, sizes, trained, wide, words

from autograder.checks import masking, recurrence
from autograder.checks.masking_picture import trajectories
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed, expect
from autograder.remote.client import Student
from autograder.remote.errors import StudentError

LENGTHS = (2, 4, 4, 1, 7, 9)  # sorting them twice is not undoing it, in either direction
LARGE = 6.0  # a weighted sum whose tanh is above 0.9999, and at which no way to compute a tanh overflows
SIDES: tuple[masking.Side, ...] = ("post", "pre")
# A program traced with reduce_retracing breaks at the third size of a network, as TensorFlow relaxes the shapes of
# variables to another network's. So nearly all checks, the public ones too, use one size, and have a new process to
# fall back on.
pytestmark = pytest.mark.fresh_if_raised
_WHERE = "Compute the new state for all rows and choose row by row between new and old: tf.where with a mask [B, 1]."


# rnn-step


@pytest.mark.item("rnn-step", weight=2)
def test_step_is_the_tanh_of_a_weighted_sum(
    student: Student, rng: np.random.Generator, measure: Measure
) -> None:
    """One step is the tanh of a weighted sum of input and old state, for several sizes."""
    errors = []
    for vocab, hidden in ((9, 5), (30, 16), (4, 1)):
        net = network(student, vocab, hidden, 1, fresh_seed(rng))
        report = recurrence.elman_form(net.step, vocab, hidden, rng)
        expect(report.ok, report.sentence, "h_new = tanh(x W + h U + b)")
        errors.append(max(report.cross, report.midpoint))
    measure.figure("deviation from the form of a step", float(max(errors)), threshold=recurrence.TOLERANCE)


@pytest.mark.item("rnn-step")
def test_large_sums_are_not_cut_off(student: Student, rng: np.random.Generator) -> None:
    """Where the weighted sum is large, the new state comes as close to 1 or -1 as the tanh does."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    x, none = rng.normal(size=(1, vocab)), np.zeros((1, hidden), np.float32)

    def new(factor: float) -> Array:
        return wide(net.step((factor * x).astype(np.float32), none))

    small = 0.02
    sums, bias = (np.arctanh(np.clip(new(factor), -1 + 1e-9, 1 - 1e-9)) for factor in (small, 0.0))
    largest = float(np.abs(sums - bias).max()) / small
    expect(largest > 0, "The input makes no difference to the new state.")
    reached = float(np.abs(new(LARGE / largest)).max())
    expect(
        reached > np.tanh(LARGE - 1),
        f"However large the weighted sum is, no unit gets beyond {reached:.3f}.",
        "h_new = tanh(x W + h U + b), with nothing cut off before or behind the tanh.",
    )


@pytest.mark.item("rnn-step")
def test_step_treats_rows_alone(student: Student, rng: np.random.Generator) -> None:
    """Each row of a batch has a step of its own, and a batch may hold a single row."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    both = np.concatenate([one_hot(words(rng, vocab, 5), vocab), rng.uniform(-0.8, 0.8, (5, hidden))], axis=1)

    def run(rows: Array) -> Array:
        rows = rows.astype(np.float32)
        return net.step(rows[:, :vocab], rows[:, vocab:])

    expect(
        recurrence.rows_alone(run, both) <= recurrence.SEQUENCE_TOLERANCE,
        "The new state of a row depends on the other rows of the batch.",
    )


@pytest.mark.item("rnn-step")
def test_units_hear_each_other(student: Student, rng: np.random.Generator) -> None:
    """Each unit of the new state is a weighted sum of all units of the old state, with weights of its own."""
    vocab, hidden = sizes()
    found = recurrence.state_weights(network(student, vocab, hidden, 1, fresh_seed(rng)).step, vocab, hidden)
    if found.diagonal or found.rank < 2:  # weights may start so, and do not stay so
        tokens, y = words(rng, vocab, 2000, 8), rng.integers(0, 2, 2000).astype(np.int32)
        tokens[0, 0] = vocab - 1
        try:
            net = trained(student, tokens, y, hidden, 5, fresh_seed(rng))
        except StudentError:
            return  # other items tell
        found = recurrence.state_weights(net.step, vocab, hidden)
    hint = "U is a matrix [H, H]: h @ U, not a number or a vector that multiplies h."
    expect(
        not found.diagonal,
        "Each unit of the new state depends on that same unit of the old state only.",
        hint,
    )
    expect(found.rank >= 2, "All units of the new state get the same mixture of the old state.", hint)


@pytest.mark.item("rnn-step")
def test_networks_are_made_by_their_seeds(student: Student, rng: np.random.Generator) -> None:
    """The seed decides the weights of a network, and a network stays what it is when others are made."""
    vocab, hidden = sizes()
    x = rng.normal(size=(4, vocab)).astype(np.float32)
    h = rng.uniform(-0.8, 0.8, (4, hidden)).astype(np.float32)
    first, second = fresh_seed(rng), fresh_seed(rng)
    net = network(student, vocab, hidden, 1, first)
    alone = net.step(x, h)
    other = network(student, vocab, hidden, 1, second).step(x, h)
    again = network(student, vocab, hidden, 1, first).step(x, h)
    network(student, vocab + 3, hidden + 2, 2, second)
    later = net.step(x, h)
    close = recurrence.SEQUENCE_TOLERANCE
    expect(
        bool(np.abs(later - alone).max() <= close),
        "A network answers differently after other networks have been made.",
        "Each call of init_rnn returns weights of its own; the other functions take them from the handle.",
    )
    expect(
        bool(np.abs(again - alone).max() <= close),
        "Two networks made with the same seed take different steps.",
        "The seed decides all random numbers.",
    )
    expect(bool(np.abs(other - alone).max() > close), "Two networks made with different seeds are the same.")


# rnn-sequence


@pytest.mark.item("rnn-sequence", weight=2)
def test_a_sequence_is_its_steps(student: Student, rng: np.random.Generator) -> None:
    """The states of a sequence are single steps done one after the other, starting from zeros."""
    vocab, hidden = sizes()
    for count, steps in ((3, 7), (1, 1), (6, 2)):
        net = network(student, vocab, hidden, 1, fresh_seed(rng))
        tokens = words(rng, vocab, count, steps)
        tokens.flat[0], tokens.flat[-1] = (
            1,
            vocab - 1,
        )  # every token but 0 is a word, the first and the last too
        _expect_steps(net, vocab, tokens, None, rng)
    _expect_to_be_read_on(net, words(rng, vocab, 2, LONG))


@pytest.mark.item("rnn-sequence")
def test_a_sequence_starts_where_it_is_told(student: Student, rng: np.random.Generator) -> None:
    """Given h0, the sequence starts from there; reading on from a state is the same as reading in one go."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    tokens = words(rng, vocab, 4, 6)
    _expect_steps(net, vocab, tokens, rng.uniform(-0.9, 0.9, (4, hidden)).astype(np.float32), rng)
    whole = net.states(tokens)
    rest = net.states(tokens[:, 4:], h0=whole[:, 3].astype(np.float32))
    expect(
        bool(np.abs(rest - whole[:, 4:]).max() <= recurrence.SEQUENCE_TOLERANCE),
        "Reading a sequence in two parts, the second from the last state of the first, gives other states.",
    )


@pytest.mark.item("rnn-sequence")
def test_states_depend_on_what_was_read(student: Student, rng: np.random.Generator) -> None:
    """A state depends on its own word and on earlier ones, not on later words and not on other rows."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    tokens = words(rng, vocab, 3, 6)
    found = recurrence.directions(net.states, tokens, (tokens % (vocab - 1) + 1).astype(np.int32))
    expect(
        not found.backward,
        "A state depends on words that come later.",
        "Is time the axis that you loop over?",
    )
    if not (found.present and found.forward):
        by_input, by_state = _step_depends(net, vocab, rng)  # where it does not, that costs rnn-step
        expect(found.present or not by_input, "A state does not depend on the word read at its step.")
        expect(
            found.forward or not (by_state and by_input),
            "A state does not depend on the words before it.",
            "Is the state handed on?",
        )
    expect(
        recurrence.rows_alone(net.states, tokens) <= recurrence.SEQUENCE_TOLERANCE,
        "The states of a row depend on the other rows of the batch, or on an earlier call.",
    )


def _as_steps(
    net: Network, states: Array, tokens: Array, vocab: int, start: Array
) -> recurrence.FoldReport | None:
    """States against iterated steps; None where `step` itself does not work, which costs rnn-step."""
    try:
        return recurrence.folded(states, net.step, one_hot(tokens, vocab), start)
    except StudentError:
        return None


def _step_depends(net: Network, vocab: int, rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether one step depends on the input, and on the old state; both where step itself does not work."""
    try:
        report = recurrence.elman_form(net.step, vocab, net.hidden, rng)
    except StudentError:
        return True, True
    return report.of_input > recurrence.TOLERANCE, report.of_state > recurrence.TOLERANCE


def _expect_steps(
    net: Network, vocab: int, tokens: Array, h0: Array | None, rng: np.random.Generator
) -> None:
    """The states of words are iterated steps. Where `step` is no recurrent step (which costs rnn-step), `states` is
    judged by itself: many steps at once against one step at a time."""
    start = np.zeros((len(tokens), net.hidden), np.float32) if h0 is None else h0
    found = net.states(tokens, h0)
    report = _as_steps(net, found, tokens, vocab, start)
    if report is None or (not report.ok and not recurrence.elman_form(net.step, vocab, net.hidden, rng).ok):
        report = recurrence.folded(found, lambda x, h: net.states(x, h)[:, 0], tokens[:, :, None], start)
    expect(report.ok, report.sentence)


LONG = 120  # steps: none of the lengths that the notebook names


def _expect_to_be_read_on(net: Network, tokens: Array) -> None:
    """Each state of a long sequence is one step from the state before, whose rounding may have grown by then."""
    found = net.states(tokens)
    before = found[:, :-1].reshape(-1, net.hidden).astype(np.float32)
    expected = net.states(tokens[:, 1:].reshape(-1, 1), before).reshape(len(tokens), -1, net.hidden)
    wrong = np.flatnonzero(np.abs(found[:, 1:] - expected).max(axis=(0, 2)) > recurrence.SEQUENCE_TOLERANCE)
    expect(
        not wrong.size,
        f"In a long sequence, from time step {wrong[0] + 2 if wrong.size else 0} on, a state is not the step from the "
        "state before.",
        "A sequence has as many steps as tokens has columns.",
    )


# rnn-masking


@pytest.mark.item("rnn-masking", weight=2)
def test_states_of_words_do_not_feel_padding(
    student: Student, rng: np.random.Generator, measure: Measure
) -> None:
    """The states at the words are those of each sequence alone, however much padding stands before or behind."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    sequences = [list(map(int, words(rng, vocab, length))) for length in LENGTHS]
    reports = [
        masking.padding_changes_nothing(net.states, sequences, side=side, per_step=True) for side in SIDES
    ]
    _draw_states(net, sequences, measure)
    for side, report in zip(SIDES, reports, strict=True):
        measure.figure(f"largest effect of padding ({side})", report.worst, threshold=report.tolerance)
        expect(report.ok, report.sentence, _WHERE)


@pytest.mark.item("rnn-masking")
def test_a_start_state_survives_padding(student: Student, rng: np.random.Generator) -> None:
    """A state given as h0 passes through padding that comes first."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    h0 = rng.uniform(-0.9, 0.9, (1, hidden)).astype(np.float32)
    sequences = [list(map(int, words(rng, vocab, length))) for length in LENGTHS]

    def run(tokens: Array) -> Array:
        return net.states(tokens, np.repeat(h0, len(tokens), axis=0))

    for side in SIDES:
        report = masking.padding_changes_nothing(run, sequences, amounts=(0, 5), side=side, per_step=True)
        expect(report.ok, report.sentence, _WHERE)


@pytest.mark.item("rnn-masking", weight=2)
def test_the_last_state_is_that_of_the_last_word(student: Student, rng: np.random.Generator) -> None:
    """The logits in mode "last" do not change with the padding, nor with the other sequences of the batch."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    sequences = [list(map(int, words(rng, vocab, length))) for length in LENGTHS]
    try:
        net.logits(np.asarray([sequences[-1]], np.int32))
    except StudentError:  # logits itself does not work, which costs its own items: the states alone decide
        for side in SIDES:
            tokens = masking.padded(sequences, max(LENGTHS) + 3, side)
            report = masking.state_passes_through(net.states(tokens), tokens > 0)
            expect(report.ok, report.sentence, _WHERE)
        return
    for side in SIDES:
        report = masking.padding_changes_nothing(net.logits, sequences, side=side)
        where = "in front of" if side == "pre" else "behind"
        expect(report.ok, f'Mode "last" with padding {where} the words: {report.sentence}', _WHERE)


@pytest.mark.item("rnn-masking")
def test_without_masks_padding_is_a_word(student: Student, rng: np.random.Generator) -> None:
    """With masked=False the token 0 is read as if it were a word, also by a network that was asked with masks."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    tokens = words(rng, vocab, 3, 6)
    net.states(tokens)
    start = np.zeros((3, hidden), np.float32)
    plain = _as_steps(net, net.states(tokens, masked=False), tokens, vocab, start)
    tokens[0, 4:], tokens[1, :2] = 0, 0
    found = net.states(tokens, masked=False)
    still = np.abs(found[0, 4] - found[0, 3]).max() <= masking.TOLERANCE
    if still and _step_depends(net, vocab, rng)[0]:
        raise Failed("With masked=False the state does not change at token 0.")
    if plain is not None and plain.ok:  # otherwise words are read wrongly too, which costs rnn-sequence
        report = _as_steps(net, found, tokens, vocab, start)
        right = report is not None and report.ok
        expect(right, "With masked=False the token 0 is not read like other words.")


@pytest.mark.item("rnn-masking")
def test_padding_gets_no_gradient(student: Student, rng: np.random.Generator) -> None:
    """The gradient of the states at the words, with respect to all weights, is the same with padding as without."""
    vocab, hidden = sizes()
    net = network(student, vocab, hidden, 1, fresh_seed(rng))
    tokens = words(rng, vocab, 3, 5)
    behind = np.concatenate([tokens, np.zeros((3, 4), np.int32)], axis=1)
    before = np.concatenate([np.zeros((3, 4), np.int32), tokens], axis=1)
    direction = rng.normal(size=(3, 5, hidden)).astype(np.float32)
    student.run(_GRADIENTS)
    ask = student.function("_states_gradients")
    try:
        norms = [
            ask(net.handle, tokens, padded, first, direction) for padded, first in ((behind, 0), (before, 4))
        ]
    except StudentError:
        return  # states that cannot be differentiated in this way are judged by their values
    for apart, size in norms:
        still = size == 0 or apart <= 1e-3 * size
        expect(still, "Padded steps change the gradient of the states at the words.", _WHERE)


# Runs in the student's process. The variables that states uses are those that a tape notices, whatever holds them.
_GRADIENTS = """
def _states_gradients(handle, words, padded, first, direction):
    import tensorflow as tf
    with tf.GradientTape(persistent=True) as tape:
        plain = tf.reduce_sum(direction * states(handle, words))
        n = direction.shape[1]
        inside = tf.reduce_sum(direction * states(handle, padded)[:, first : first + n])
        apart = inside - plain
    variables = tape.watched_variables()
    def size(target):
        found = [g for g in tape.gradient(target, variables) if g is not None]
        return float(tf.linalg.global_norm([tf.convert_to_tensor(g) for g in found])) if found else 0.0
    return [size(apart), size(plain)] if variables else [0.0, 0.0]
"""


def _draw_states(net: Network, sequences: list[list[int]], measure: Measure) -> None:
    shown = [sequences[2], sequences[4], sequences[5]]
    states, real, titles = [], [], []
    for side in SIDES:
        tokens = masking.padded(shown, 14, side)
        states.append(net.states(tokens)[:2])
        real.append((tokens > 0)[:2])
        titles += [f"{len(s)} words, padding {'behind' if side == 'post' else 'in front'}" for s in shown[:2]]
    measure.picture(
        "states",
        trajectories(np.concatenate(states), np.concatenate(real), titles),
        "The states of your untrained network over time; the padded part is shaded, and there they should stay level.",
    )
