import numpy as np
import pytest

from autograder.checks.graph_execution import equal_losses, tracing

LOSSES = np.array([2.3, 2.1, 1.9, 1.8])


@pytest.mark.parametrize(
    ("graph", "ok", "words"),
    [
        (LOSSES.astype(np.float32), True, "same losses"),
        (LOSSES * (1 + 5e-5), True, "same losses"),
        (LOSSES * 1.01, False, "different values"),
        (np.array([2.3, 2.1, 1.95, 1.8]), False, "part at step 3"),
        (np.full(4, 2.3), False, "no step is taken"),
        (LOSSES[:3], False, "as many"),
        (LOSSES[None], False, "shape"),
        (LOSSES * np.nan, False, "not finite"),
        (None, False, "array of numbers"),
    ],
)
def test_losses(graph, ok, words):
    result = equal_losses(graph, LOSSES)
    assert result.ok is ok
    assert words in result.sentence


def test_eager_losses_must_change():
    assert "eager losses do not change" in equal_losses(LOSSES, np.full(4, 2.3)).sentence


def durations(traced, n=30, usual=1e-3, trace=0.2, seed=0):
    seconds = usual * np.exp(0.2 * np.random.default_rng(seed).normal(size=n))
    seconds[list(traced)] += trace
    return seconds


EAGER = np.full(30, 1e-2)


@pytest.mark.parametrize(
    ("seconds", "reported", "ok", "words"),
    [
        (durations([0]), 1, True, "Traced 1"),
        (durations([0, 1]), 2, True, "Traced 2"),
        (durations([0, 1, 9]), 2, True, "Traced 2"),  # one delayed call
        (durations([0]), np.int64(1), True, "Traced 1"),
        (durations([0]), 5, False, "5 times"),
        (durations(range(10)), 1, False, "only 1"),
        (durations(range(30)), 1, False, "Every call"),
        (durations([], usual=1e-2), 1, False, "Every call"),
        (durations([0]), 0, False, "not a graph"),
        (durations([0]), None, False, "No number"),
        (durations([0]), True, False, "No number"),
        (durations([0]), "1", False, "No number"),
    ],
)
def test_traces(seconds, reported, ok, words):
    result = tracing(seconds, EAGER, reported)
    assert result.ok is ok, result
    assert words in result.sentence


def test_what_surrounds_the_steps_is_no_trace():
    around = [0.1] + [0.012] * 29  # a trace, then a data set made in every call
    assert not tracing(around, EAGER, 1).ok
    assert tracing(around, EAGER, 1, besides_s=0.011).ok
    assert not tracing(around, EAGER, 1, besides_s=0.001).ok  # the steps themselves are slow
    assert not tracing(
        [0.1] * 30, EAGER, 1, besides_s=0.099
    ).ok  # what is made anew in every call is the trace


def test_too_few_calls():
    with pytest.raises(ValueError, match="eight calls"):
        tracing([1.0] * 5, EAGER, 1)
