import numpy as np
import pytest

from autograder.checks.gradients import GradientError, central_difference, compare, compare_with_differences


def relu_net(rng, saturated=False):
    """A two-layer network with its loss and exact gradients, float64."""
    x, target = rng.normal(size=(7, 5)), rng.normal(size=(7, 3))
    params = [rng.normal(size=(5, 6)), rng.normal(size=6), rng.normal(size=(6, 3)), rng.normal(size=3)]

    def loss(p):
        hidden = np.maximum(x @ p[0] + p[1], 0)
        return float(np.mean((hidden @ p[2] + p[3] - target) ** 2))

    def gradients(p):
        pre = x @ p[0] + p[1]
        hidden = np.maximum(pre, 0)
        out = 2 * (hidden @ p[2] + p[3] - target) / target.size
        back = (out @ p[2].T) * (pre > 0)
        return [x.T @ back, back.sum(0), hidden.T @ out, out.sum(0)]

    return params, loss, gradients


NAMES = ["W1", "b1", "W2", "b2"]


@pytest.fixture
def net():
    params, loss, gradients = relu_net(np.random.default_rng(0))
    return params, loss, gradients(params)


def test_float32_gradients_agree(net):
    _, _, oracle = net
    result = compare([g.astype(np.float32) for g in oracle], oracle, NAMES)
    assert result.ok
    assert result.worst < 1e-6
    assert result.sentence == "All gradients agree."


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda g: [g[0], None, g[2], g[3]], "b1 is missing"),
        (lambda g: [g[0], 0 * g[1], g[2], g[3]], "b1 is zero"),
        (lambda g: [g[0], g[1] * 1.01, g[2], g[3]], "b1 is wrong; the others agree"),
        (lambda g: [7 * t for t in g], "7 times"),
        (lambda g: [-t for t in g], "-1 times"),
        (lambda g: [g[2], g[3], g[0], g[1]], "has shape"),
        (lambda g: [g[0].T, g[1], g[2], g[3]], "has shape"),
        (lambda g: g[:3], "there are 3"),
        (lambda g: [g[0], g[1] * np.nan, g[2], g[3]], "not finite"),
        (lambda g: [g[0], g[1].astype(object), g[2], g[3]], "not an array of numbers"),
        (lambda g: [g[0], "b1", g[2], g[3]], "not an array of numbers"),
        (lambda g: "all", "not a list"),
        (lambda g: None, "not a list"),
        (lambda g: [t[::-1].copy() for t in g], "All 4 gradients are wrong"),
    ],
)
def test_wrong_gradients_are_named(net, spoil, words):
    _, _, oracle = net
    result = compare(spoil(list(oracle)), oracle, NAMES)
    assert not result.ok
    assert words in result.sentence


class Friendly(np.ndarray):
    """An array that is equal to everything."""

    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__


def test_a_friendly_subclass_does_not_pass(net):
    _, _, oracle = net
    forged = [np.zeros(o.shape).view(Friendly) for o in oracle]
    assert not compare(forged, oracle, NAMES).ok


def test_the_floor_spares_tiny_tensors_and_not_large_ones(net):
    _, _, oracle = net
    tiny = [oracle[0], oracle[1] * 1e-9, oracle[2], oracle[3]]
    off = [tiny[0], tiny[1] * 3, tiny[2], tiny[3]]
    assert compare(off, tiny, NAMES).ok
    assert not compare(off, tiny, NAMES, floor=0.0).ok
    missing = [tiny[0], tiny[1], tiny[2], 0 * tiny[3]]
    assert not compare(missing, tiny, NAMES).ok


def test_all_zero_oracle():
    assert compare([np.zeros(3)], [np.zeros(3)]).ok
    assert not compare([np.full(3, 1e-9)], [np.zeros(3)]).ok


def test_the_oracle_must_be_usable():
    with pytest.raises(GradientError, match="not finite"):
        compare([np.zeros(2)], [np.array([np.inf, 0.0])])
    with pytest.raises(GradientError, match="no tensors"):
        compare([], [])
    with pytest.raises(GradientError, match="names"):
        compare([np.zeros(2)], [np.zeros(2)], ["a", "b"])


def test_central_differences_of_the_whole_gradient(net):
    params, loss, oracle = net
    for slope, exact in zip(central_difference(loss, params, 1e-5), oracle, strict=True):
        np.testing.assert_allclose(slope, exact, atol=1e-7)


@pytest.mark.parametrize("seed", range(20))
def test_differences_accept_right_and_refuse_wrong_gradients(seed):
    rng = np.random.default_rng(seed)
    params, loss, gradients = relu_net(rng)
    exact = gradients(params)
    result = compare_with_differences(loss, params, [g.astype(np.float32) for g in exact], rng, NAMES)
    assert result.ok, result
    for spoiled in (
        [exact[0], exact[1], exact[2] * 1.02, exact[3]],
        [0.98 * g for g in exact],
        [-g for g in exact],
    ):
        assert not compare_with_differences(loss, params, spoiled, rng, NAMES).ok


@pytest.mark.parametrize("seed", range(20))
def test_differences_with_a_loss_that_computes_in_float32(seed):
    rng = np.random.default_rng(seed)
    params, loss, gradients = relu_net(rng)
    exact = gradients(params)

    def single(p):
        return float(np.float32(loss([t.astype(np.float32).astype(np.float64) for t in p])))

    result = compare_with_differences(single, params, exact, rng, NAMES, dtype=np.float32)
    assert result.ok, result
    assert result.checked > result.skipped
    spoiled = [g + 0.2 * np.abs(exact[2]).max() for g in exact]
    assert not compare_with_differences(single, params, spoiled, rng, NAMES, dtype=np.float32).ok


def test_kinks_are_skipped():
    def loss(p):
        return float(np.abs(p[0]).sum())

    rng = np.random.default_rng(0)
    at_kink = compare_with_differences(loss, [np.zeros(4)], [np.full(4, 0.3)], rng)
    assert not at_kink.ok
    assert at_kink.skipped == 4
    assert "kink" in at_kink.sentence
    beside = compare_with_differences(loss, [np.array([0.0, 1.0, -2.0])], [np.array([0.3, 1.0, -1.0])], rng)
    assert beside.ok
    assert (beside.checked, beside.skipped) == (2, 1)


def test_differences_answer_bad_input_with_a_sentence():
    rng = np.random.default_rng(0)
    assert "list of 1" in compare_with_differences(lambda p: 0.0, [np.zeros(2)], [], rng).sentence
    assert "shape" in compare_with_differences(lambda p: 0.0, [np.zeros(2)], [np.zeros(3)], rng).sentence
    with pytest.raises(GradientError):
        compare_with_differences(lambda p: np.nan, [np.zeros(2)], [np.zeros(2)], rng)


def test_one_huge_entry_does_not_widen_the_tolerance():
    forged = np.zeros(1000)
    forged[0] = 1e12
    point = [np.full(1000, 1e-3)]
    seeds = [np.random.default_rng(seed) for seed in range(5)]
    assert not any(
        compare_with_differences(lambda p: float((p[0] ** 2).sum()), point, [forged], rng).ok for rng in seeds
    )
