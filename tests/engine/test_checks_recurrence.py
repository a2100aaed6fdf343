"""Recurrent networks in NumPy, right and wrong ones, before the instrument that judges their form."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checks.recurrence import (
    directions,
    elman_form,
    folded,
    rows_alone,
    state_weights,
    taking_part,
)

N_IN, N_STATE = 7, 5
RNG = np.random.default_rng(0)
W = RNG.normal(0, 0.5, (N_IN, N_STATE)).astype(np.float32)
U = RNG.normal(0, 0.5, (N_STATE, N_STATE)).astype(np.float32)
B = RNG.normal(0, 0.3, N_STATE).astype(np.float32)


def elman(x, h):
    return np.tanh(x @ W + h @ U + B)


def concatenated(x, h):
    return np.tanh(np.concatenate([x, h], axis=1) @ np.concatenate([W, U]) + B)


def layer(x, h=None, step=elman):
    state = np.zeros((len(x), N_STATE), np.float32) if h is None else h
    states = []
    for t in range(x.shape[1]):
        state = step(x[:, t], state)
        states.append(state)
    return np.stack(states, axis=1)


def one_hot(tokens):
    return np.eye(N_IN, dtype=np.float32)[tokens]


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize(
    "step",
    [
        elman,
        concatenated,
        lambda x, h: np.tanh((x @ W + B) + (h @ U - B)),
        lambda x, h: np.tanh(0.01 * (x @ W) + 0.01 * (h @ U)).astype(np.float32),
        lambda x, h: np.tanh(30 * (x @ W) + h @ U + B).astype(np.float32),
    ],
)
def test_every_way_to_write_an_elman_step_is_one(step, rng):
    report = elman_form(step, N_IN, N_STATE, rng)
    assert report.ok, report
    assert max(report.cross, report.midpoint) < 2e-5


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("seed", range(10))
def test_biases_of_any_size_leave_a_step_what_it_is(size, seed):
    rng = np.random.default_rng(seed)
    w, u = (rng.normal(0, scale, (n, 16)).astype(np.float32) for n, scale in ((30, 0.3), (16, 0.25)))
    b = rng.normal(0, size, 16).astype(np.float32)
    report = elman_form(lambda x, h: np.tanh(x @ w + h @ u + b), 30, 16, rng)
    assert report.ok, report
    bent = elman_form(lambda x, h: np.tanh(x @ w + np.tanh(h) @ u + b), 30, 16, rng)
    assert not bent.ok


def test_a_state_that_nothing_moves_is_named(rng):
    report = elman_form(lambda x, h: np.ones_like(h), N_IN, N_STATE, rng)
    assert not report.ok
    assert "whatever the step gets" in report.sentence


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (lambda x, h: h + np.tanh(x @ W), "leaves the interval"),
        (lambda x, h: x @ W + h @ U, "leaves the interval"),
        (lambda x, h: np.tanh(x @ W + B), "does not depend on the old one"),
        (lambda x, h: np.tanh(h @ U + B), "does not depend on the input"),
        (lambda x, h: np.tanh((x @ W) * (h @ U)), "not simply added"),
        (lambda x, h: np.tanh(0.01 * x @ W + 0.01 * (x @ W) * (h @ U)), "not simply added"),
        (lambda x, h: np.tanh(np.tanh(x @ W) + h @ U), "not a weighted sum"),
        (lambda x, h: np.tanh(np.tanh(x @ (0.01 * W)) + h @ U), "not a weighted sum"),
        (lambda x, h: np.tanh(x @ W + np.maximum(h @ U, 0)), "not a weighted sum"),
        (lambda x, h: np.tanh(x @ W + np.tanh(h) @ U), "not a weighted sum"),
        (lambda x, h: np.tanh(x @ W + h @ U)[:, :2], "shape [B, H]"),
        (lambda x, h: np.full_like(h, np.nan), "finite"),
        (lambda x, h: "a state", "shape [B, H]"),
    ],
)
def test_other_steps_are_not(step, words, rng):
    report = elman_form(step, N_IN, N_STATE, rng)
    assert not report.ok
    assert words in report.sentence


def test_a_sigmoid_state_and_a_relu_state_are_refused(rng):
    assert not elman_form(lambda x, h: 0.5 + 0.5 * np.tanh(x @ W + h @ U), N_IN, N_STATE, rng).ok
    assert not elman_form(lambda x, h: np.maximum(x @ W + h @ U, 0) / 100, N_IN, N_STATE, rng).ok


def test_a_sequence_is_its_steps(rng):
    x = one_hot(rng.integers(0, N_IN, (4, 9)))
    start = np.zeros((4, N_STATE), np.float32)
    report = folded(layer(x), elman, x, start)
    assert report.ok
    assert report.worst < 1e-6
    assert report.first_wrong is None
    assert len(report.by_step) == 9


def test_a_single_step_of_a_single_row_is_a_sequence(rng):
    x = one_hot(rng.integers(0, N_IN, (1, 1)))
    assert folded(layer(x), elman, x, np.zeros((1, N_STATE), np.float32)).ok


@pytest.mark.parametrize("count", [4, 9])
@pytest.mark.parametrize(
    ("wrong", "first", "words"),
    [
        (
            lambda x: np.stack([elman(x[:, t], np.zeros((len(x), 5))) for t in range(9)], 1),
            2,
            "first state again",
        ),
        (lambda x: layer(x[:, ::-1]), 1, "from the last to the first"),
        (lambda x: layer(x[:, ::-1])[:, ::-1], 1, "from the last to the first"),
        (lambda x: layer(x).transpose(1, 0, 2), None, "exchanged"),
        (lambda x: layer(x)[:, :-1], None, "of shape"),
        (lambda x: np.concatenate([layer(x)[:, :6], layer(x)[:, 6:] + 0.01], 1), 7, "time step 7 on"),
        (lambda x: None, None, "of shape"),
    ],
)
def test_wrong_sequences_are_named(wrong, first, words, count, rng):
    x = one_hot(rng.integers(0, N_IN, (count, 9)))
    report = folded(wrong(x), elman, x, np.zeros((count, N_STATE), np.float32))
    assert not report.ok
    assert report.first_wrong == first
    assert words in report.sentence


def test_directions_of_layers(rng):
    tokens = rng.integers(0, N_IN, (3, 6))
    x, others = one_hot(tokens), one_hot((tokens + 1) % N_IN)
    ahead = directions(layer, x, others)
    assert (ahead.forward, ahead.backward, ahead.present, ahead.causal) == (True, False, True, True)
    assert np.all(np.tril(ahead.matrix, -1) == 0)
    back = directions(lambda b: layer(b[:, ::-1])[:, ::-1], x, others)
    assert (back.forward, back.backward) == (False, True)
    both = directions(lambda b: layer(b) + layer(b[:, ::-1])[:, ::-1], x, others)
    assert (both.forward, both.backward) == (True, True)
    assert "earlier and on later" in both.sentence
    by_step = directions(lambda b: np.tanh(b @ W), x, others)
    assert (by_step.forward, by_step.backward, by_step.present) == (False, False, True)
    assert not directions(lambda b: layer(b)[:, -1], x, others).present


def test_rows_ignore_each_other_or_not(rng):
    x = one_hot(rng.integers(0, N_IN, (4, 6)))
    assert rows_alone(layer, x) < 1e-6
    assert rows_alone(lambda b: layer(b) - layer(b).mean(axis=0), x) > 1e-2
    assert rows_alone(lambda b: np.repeat(layer(b)[-1:], len(b), axis=0), x) > 1e-2
    carried = {"state": np.zeros((1, N_STATE), np.float32)}

    def carries_over(b):
        states = layer(b, np.repeat(carried["state"], len(b), axis=0))
        carried["state"] = states[-1:, -1]
        return states

    assert rows_alone(carries_over, x) > 1e-3
    assert rows_alone(lambda b: layer(b)[0], x) == np.inf


def test_weights_that_take_no_part_are_named(rng):
    x = rng.normal(size=(3, N_IN))
    second = RNG.normal(size=(N_STATE, N_STATE))

    def network(weights):
        return np.tanh(x @ weights[0]) @ weights[2]

    parts = taking_part(network, [W, U, second], rng, ["first", "unused", "last"])
    assert [p.takes_part for p in parts] == [True, False, True]
    assert parts[1].name == "unused"
    assert parts[1].change == 0


def test_the_state_weights_of_a_step_are_recovered(rng):
    w, u, b = rng.normal(size=(4, 5)), rng.normal(size=(5, 5)), rng.normal(size=5) / 2

    def by(state):
        return lambda x, h: np.tanh(x @ w + state(h) + b).astype(np.float32)

    full = state_weights(by(lambda h: h @ u), 4, 5)
    assert (full.diagonal, full.rank) == (False, 5)
    np.testing.assert_allclose(full.matrix, u, atol=1e-4)
    diagonal = state_weights(by(lambda h: h * u[0]), 4, 5)
    assert (diagonal.diagonal, diagonal.rank) == (True, 5)
    number = state_weights(by(lambda h: (h @ u[:, :1]) @ u[:1]), 4, 5)
    assert (number.diagonal, number.rank) == (False, 1)
    slightly = np.eye(5) + 1e-3 * rng.normal(size=(5, 5))  # as after a little training
    assert not state_weights(by(lambda h: h @ slightly), 4, 5).diagonal


def test_units_that_tell_nothing_are_no_mistake(rng):
    u = rng.normal(size=(5, 5))
    found = state_weights(lambda x, h: np.tanh(h @ u + 30.0).astype(np.float32), 4, 5)
    assert (found.diagonal, found.rank) == (False, 5)
    one_told = np.tanh(np.array([0.0, 30, 30, 30, 30], np.float32))
    found = state_weights(lambda x, h: np.tile(one_told, (len(h), 1)), 4, 5)
    assert (found.diagonal, found.rank) == (False, 5)
