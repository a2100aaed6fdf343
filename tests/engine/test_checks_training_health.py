import numpy as np
import pytest

from autograder.checks.training_health import dead_units, finite, gradient_norms, losses, movement, saturation

RNG = np.random.default_rng(5)


def weights():
    return [RNG.normal(size=(20, 8)), np.zeros(8), RNG.normal(size=(8, 3)), np.zeros(3)]


NAMES = ["W1", "b1", "W2", "b2"]


def test_trained_weights_moved():
    old = weights()
    report = movement(old, [w + 0.05 for w in old], NAMES)
    assert report.ok
    assert report.moved[1] == pytest.approx(5.0)  # 0.05 against the floor of 0.01 per entry


def test_a_layer_that_stands_still_is_named():
    old = weights()
    new = [old[0] * (1 + 1e-5), old[1] + 0.1, old[2] + 0.1, old[3] + 0.1]
    report = movement(old, new, NAMES)
    assert not report.ok
    assert report.still == ("W1",)
    assert "W1" in report.sentence
    biases_still = [old[0] + 0.1, old[1], old[2] + 0.1, old[3]]
    assert not movement(old, biases_still, NAMES).ok
    assert movement(old, biases_still, NAMES, weights_only=True).ok


@pytest.mark.parametrize(
    "new",
    [None, "x", [], [np.zeros((20, 8))], [np.zeros((8, 20)), np.zeros(8), np.zeros((8, 3)), np.zeros(3)]],
)
def test_weights_that_cannot_be_compared(new):
    assert not movement(weights(), new, NAMES).ok


def test_nan_weights_are_not_movement():
    old = weights()
    report = movement(old, [np.full_like(w, np.nan) for w in old], NAMES)
    assert not report.ok
    assert "not finite" in report.sentence
    objects = [w.astype(object) for w in old]
    assert not movement(old, objects).ok


def test_gradient_norms():
    g = [np.ones((3, 3)), np.ones(3)]
    assert gradient_norms(g).ok
    assert gradient_norms(g).norms == (3.0, pytest.approx(3**0.5))
    missing = gradient_norms([None, np.ones(3)], ["W1", "b1"])
    assert not missing.ok
    assert missing.zero == ("W1",)
    assert not gradient_norms([np.ones(3) * 1e-8, np.ones(3)], least_ratio=1e-4).ok
    assert gradient_norms([np.ones(3) * 1e-8, np.ones(3)]).ok
    assert not gradient_norms([np.array([np.inf]), np.ones(3)]).ok
    assert not gradient_norms("gradients").ok
    assert not gradient_norms([]).ok


def test_dead_units():
    h = np.maximum(RNG.normal(size=(500, 40)), 0)
    assert dead_units(h).ok
    assert dead_units(h).share == 0
    h[:, :30] = 0
    report = dead_units(h)
    assert not report.ok
    assert report.share == 0.75
    assert "30 of 40" in report.sentence
    h[7, :30] = 1e-9  # alive for a single input
    assert dead_units(h).share == 0


def test_saturation():
    pre = RNG.normal(size=(400, 64))
    assert saturation(np.tanh(pre)).ok
    hot = saturation(np.tanh(20 * pre))
    assert not hot.ok
    assert hot.share > 0.8
    relu = saturation(np.maximum(5 * pre, 0))
    assert relu.ok
    assert relu.share == 0
    assert "not bounded" in relu.sentence
    assert not saturation(np.tanh(20 * pre).astype(np.float32)).ok


@pytest.mark.parametrize("bound", [1.7159, 0.5])
def test_saturation_at_another_bound(bound):
    pre = RNG.normal(size=(400, 64))
    assert saturation(bound * np.tanh(pre)).ok
    hot = saturation(bound * np.tanh(20 * pre))
    assert not hot.ok
    assert hot.share > 0.8
    assert f"their bound, {bound:.3g}" in hot.sentence
    assert not saturation(np.clip(20 * pre, 0, 6)).ok


@pytest.mark.parametrize(
    "h", [None, np.zeros(5), np.zeros((0, 5)), np.full((3, 4), np.nan), np.array([["a"]])]
)
def test_activations_that_are_none(h):
    for measure in (dead_units, saturation):
        report = measure(h)
        assert not report.ok
        assert np.isnan(report.share)


def test_losses():
    falling = np.exp(-np.arange(50) / 10) + 0.01 * RNG.normal(size=50)
    assert losses(falling).ok
    assert losses(falling, fall=0.5).ok
    assert not losses(falling[::-1]).ok
    assert not losses(np.full(10, np.log(10))).ok
    slight = losses([1.0, 0.99], fall=0.5)
    assert not slight.ok
    assert "less than 50 %" in slight.sentence
    broken = losses([2.3, np.nan, 1.0])
    assert broken.first_bad == 1
    assert "step 2" in broken.sentence
    for bad in ([], [1.0], "loss", None, [[1], [2, 3]]):
        assert not losses(bad).ok


def test_finite():
    assert finite("the weights", np.zeros(3), 1.0) == ""
    assert "not finite" in finite("the weights", np.array([np.inf]))
    assert "not arrays" in finite("the weights", None)
