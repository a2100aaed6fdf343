"""Programs that mask well and badly, in NumPy, before the instrument that tells them apart."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checks.masking import (
    MaskingError,
    average_of_real_steps,
    content_changes_nothing,
    gradient_at_padding,
    padded,
    padding_changes_nothing,
    real_places,
    state_passes_through,
)
from autograder.checks.masking_picture import differences, trajectories

VOCAB, HIDDEN = 9, 4
RNG = np.random.default_rng(1)
W = RNG.normal(0, 0.6, (VOCAB, HIDDEN))
U = RNG.normal(0, 0.6, (HIDDEN, HIDDEN))
SEQUENCES = [[int(token) for token in RNG.integers(1, VOCAB, n)] for n in (1, 2, 5, 5, 8)]


def states(tokens, mask=lambda tokens: tokens > 0, kept=lambda state: state):
    state = np.zeros((len(tokens), HIDDEN))
    real = mask(tokens)
    result = []
    for t in range(tokens.shape[1]):
        new = np.tanh(W[tokens[:, t]] + state @ U)
        state = np.where(real[:, t, None], new, kept(state))
        result.append(state)
    return np.stack(result, axis=1)


def unmasked(tokens):
    return states(tokens, mask=lambda t: np.ones_like(t, bool))


def one_mask_for_all(tokens):
    return states(tokens, mask=lambda t: np.repeat((t > 0)[:1], len(t), axis=0))


def one_off(tokens):
    return states(tokens, mask=lambda t: np.roll(t > 0, 1, axis=1))


def to_zero(tokens):
    return states(tokens, kept=np.zeros_like)


def last(program):
    return lambda tokens: program(tokens)[:, -1]


def test_sequences_are_padded_on_either_side():
    assert padded([[1, 2], [3]], 3).tolist() == [[1, 2, 0], [3, 0, 0]]
    assert padded([[1, 2], [3]], 3, "pre", fill=9).tolist() == [[9, 1, 2], [9, 9, 3]]
    assert real_places([2, 0], 3, "pre").tolist() == [[False, True, True], [False, False, False]]
    with pytest.raises(MaskingError, match="does not fit"):
        padded([[1, 2]], 1)


@pytest.mark.parametrize("side", ["post", "pre"])
def test_padding_changes_nothing_where_states_pass_through(side):
    assert padding_changes_nothing(last(states), SEQUENCES, side=side).ok
    report = padding_changes_nothing(states, SEQUENCES, side=side, per_step=True)
    assert report.ok
    assert [d.length for d in report.by_length] == [1, 2, 5, 8]


@pytest.mark.parametrize("program", [unmasked, one_mask_for_all, one_off, to_zero])
def test_wrong_masks_change_the_last_state(program):
    report = padding_changes_nothing(last(program), SEQUENCES)
    assert not report.ok
    assert report.worst > 1e-3
    assert report.wrong_lengths
    assert "another answer" in report.sentence


def test_the_lengths_at_which_it_fails_are_named():
    def fails_for_short_ones(tokens):
        return last(states)(tokens) + 0.1 * ((tokens > 0).sum(axis=1) == 2)[:, None] * (tokens.shape[1] > 2)

    report = padding_changes_nothing(fails_for_short_ones, SEQUENCES)
    assert report.wrong_lengths == (2,)
    assert "of length 2" in report.sentence


def test_answers_of_another_shape_or_not_finite_differ():
    assert padding_changes_nothing(lambda t: states(t)[:1], SEQUENCES).worst == np.inf
    assert padding_changes_nothing(lambda t: np.full((len(t), 2), np.nan), SEQUENCES).worst == np.inf
    assert padding_changes_nothing(lambda t: "padded", SEQUENCES).worst == np.inf
    assert not padding_changes_nothing(lambda t: states(t)[:, 1:], SEQUENCES, per_step=True).ok


def test_content_of_padded_places():
    real = real_places([2, 4], 4)
    inputs, others = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(2, 4, 3))
    assert content_changes_nothing(lambda x: (x * real[..., None]).sum(axis=1), inputs, real, others).ok
    report = content_changes_nothing(lambda x: x.sum(axis=1), inputs, real, others)
    assert report.wrong_lengths == (2,)
    assert content_changes_nothing(np.tanh, inputs, real, others, per_step=True).ok
    with pytest.raises(MaskingError):
        content_changes_nothing(np.tanh, inputs, real, others[:, :2])


@pytest.mark.parametrize("side", ["post", "pre"])
def test_the_state_passes_through_padded_steps(side):
    tokens = padded(SEQUENCES, 11, side)
    real = tokens > 0
    assert state_passes_through(states(tokens), real).ok
    assert not state_passes_through(unmasked(tokens), real).ok
    assert not state_passes_through(one_off(tokens), real).ok
    assert state_passes_through(to_zero(tokens), real).ok == (side == "pre")
    assert state_passes_through(states(tokens)[:, :-1], real).worst == np.inf


def test_a_start_state_passes_through_padding_in_front():
    real = real_places([1], 3, "pre")
    start = np.full((1, HIDDEN), 0.5)
    carried = np.stack([start, start, np.zeros((1, HIDDEN))], axis=1)
    assert state_passes_through(carried, real, start).ok
    assert not state_passes_through(carried, real).ok


def test_gradients_at_padded_places():
    real = real_places([2, 4], 4)
    gradient = RNG.normal(size=(2, 4, 3)) * real[..., None]
    assert gradient_at_padding(gradient, real).ok
    assert gradient_at_padding(gradient + 1e-3, real).wrong_lengths == (2,)
    assert gradient_at_padding(np.zeros_like(gradient), real).worst == np.inf


def test_averages_count_real_steps_only():
    values, real = RNG.normal(size=(3, 6, 2)), real_places([1, 4, 6], 6)
    total = np.where(real[..., None], values, 0).sum(axis=1)
    assert average_of_real_steps(total / real.sum(axis=1)[:, None], values, real).ok
    for wrong, words in [
        (values.mean(axis=1), "all steps"),
        (total / 6, "number of all steps"),
        (total, "sum over"),
        (values[np.arange(3), [0, 3, 5]], "last real step"),
    ]:
        report = average_of_real_steps(wrong, values, real)
        assert not report.ok
        assert words in report.sentence
    with pytest.raises(MaskingError):
        average_of_real_steps(total, values, real_places([0, 4, 6], 6))


def test_pictures_shade_the_padded_part_and_stand_infinite_differences():
    tokens = padded(SEQUENCES[:3], 8)
    figure = trajectories(states(tokens), tokens > 0, ["one", "two", "three"])
    shaded = [len(axes.patches) for axes in figure.axes]
    assert shaded == [7, 6, 3]
    broken = padding_changes_nothing(lambda t: "padded", SEQUENCES)
    figure = differences([("last", padding_changes_nothing(last(states), SEQUENCES)), ("broken", broken)])
    assert np.isfinite(figure.axes[0].lines[1].get_ydata()).all()
