import math

import numpy as np
import pytest
from scipy import stats

from autograder.checks import accuracy
from autograder.checks.accuracy import AccuracyError, GaussianSPRT, Majority, PassSPRT, decide, plan
from autograder.checks.calibration import CalibrationError, calibrate, tolerance_factor


def scripted(*accuracies, n=1000):
    """A run function that yields these accuracies in turn, and the list of seeds it was called with."""
    asked = []

    def run(seed):
        asked.append(seed)
        return round(accuracies[len(asked) - 1] * n), n

    return run, asked


def test_clopper_pearson_covers_exactly_as_promised():
    n, p = 40, 0.9
    covered = 0.0
    for x in range(n + 1):
        interval = accuracy.clopper_pearson(x, n, 0.95)
        if interval.low <= p <= interval.high:
            covered += stats.binom.pmf(x, n, p)
    assert 0.95 <= covered < 0.99


def test_bounds_agree_with_the_definition_and_with_published_figures():
    interval = accuracy.clopper_pearson(30, 40, 0.95)
    assert stats.binom.sf(29, 40, interval.low) == pytest.approx(0.025)
    assert stats.binom.cdf(30, 40, interval.high) == pytest.approx(0.025)
    assert accuracy.lower_bound(1880, 2000) == pytest.approx(0.922, abs=1e-3)
    assert accuracy.lower_bound(9400, 10000) == pytest.approx(0.932, abs=1e-3)
    reference = stats.binomtest(30, 40).proportion_ci(0.95, "wilson")
    assert accuracy.wilson(30, 40, 0.95).low == pytest.approx(reference.low)
    assert accuracy.wilson(30, 40, 0.95).high == pytest.approx(reference.high)


def test_bounds_at_the_ends():
    assert accuracy.clopper_pearson(0, 10).low == 0.0
    assert accuracy.clopper_pearson(10, 10).high == 1.0
    assert 0 < accuracy.clopper_pearson(10, 10).low < 1
    assert accuracy.lower_bound(0, 10) == 0.0


@pytest.mark.parametrize(("correct", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_impossible_counts_are_refused(correct, n):
    with pytest.raises(AccuracyError):
        accuracy.clopper_pearson(correct, n)
    with pytest.raises(AccuracyError):
        decide(lambda seed: (correct, n), 0.9, [1, 2, 3])


def test_two_of_three_stops_early_and_uses_fresh_seeds():
    run, asked = scripted(0.95, 0.96, 0.1)
    verdict = decide(run, 0.94, [11, 12, 13])
    assert verdict.ok
    assert asked == [11, 12]
    assert verdict.seeds == (11, 12)
    assert verdict.estimate == pytest.approx(0.955)
    assert verdict.interval.low < 0.955 < verdict.interval.high


def test_one_unlucky_run_does_not_fail_and_one_lucky_run_does_not_pass():
    run, asked = scripted(0.1, 0.96, 0.97)
    assert decide(run, 0.94, [1, 2, 3]).ok
    assert len(asked) == 3
    run, asked = scripted(0.95, 0.91, 0.92)
    verdict = decide(run, 0.94, [1, 2, 3])
    assert not verdict.ok
    assert "95.0 %, 91.0 % and 92.0 %" in verdict.sentence


def test_a_clear_first_run_passes_alone_but_never_fails_alone():
    run, asked = scripted(0.99, n=10_000)
    assert decide(run, 0.94, [1, 2, 3], spread=0.003).ok
    assert asked == [1]
    run, asked = scripted(0.1, 0.1, n=10_000)
    assert not decide(run, 0.94, [1, 2, 3], spread=0.003).ok
    assert asked == [1, 2]
    run, asked = scripted(0.944, 0.93, 0.93, n=10_000)
    assert not decide(run, 0.94, [1, 2, 3], spread=0.003).ok


def test_seeds_must_suffice_and_differ():
    run, _ = scripted(0.9, 0.9, 0.9)
    with pytest.raises(AccuracyError, match="needs 3 seeds"):
        decide(run, 0.9, [1, 2])
    with pytest.raises(AccuracyError, match="must differ"):
        decide(run, 0.9, [1, 2, 1])
    with pytest.raises(AccuracyError, match="threshold or a rule"):
        decide(run, seeds=[1, 2, 3])


def test_what_a_run_raises_passes_through():
    def run(seed):
        raise LookupError("the student's train function is missing")

    with pytest.raises(LookupError):
        decide(run, 0.9, [1, 2, 3])


def test_wald_bounds_and_steps():
    low, high = accuracy.sprt_bounds()
    assert low == pytest.approx(-4.60, abs=0.01)
    assert high == pytest.approx(6.90, abs=0.01)
    rule = PassSPRT(0.94)
    run, asked = scripted(0.95, 0.95)
    assert decide(run, seeds=range(12), rule=rule).ok
    assert len(asked) == 2  # one pass adds -2.98 only
    run, asked = scripted(0.9, 0.9)
    assert not decide(run, seeds=range(12), rule=rule).ok
    assert len(asked) == 2


def test_gaussian_test_needs_one_clear_run_and_survives_a_diverged_one():
    rule = GaussianSPRT(good=0.955, bad=0.930, sd=0.006)
    run, asked = scripted(0.956)
    assert decide(run, seeds=range(12), rule=rule).ok
    assert len(asked) == 1
    run, asked = scripted(0.10, 0.955, 0.956, 0.957)
    assert decide(run, seeds=range(12), rule=rule).ok
    run, asked = scripted(0.92, 0.93)
    assert not decide(run, seeds=range(12), rule=rule).ok
    assert len(asked) == 2


def test_undecided_at_the_last_seed_goes_by_the_sign():
    rule = GaussianSPRT(good=0.955, bad=0.930, sd=0.006)
    run, _ = scripted(0.943, 0.943)
    verdict = decide(run, seeds=[1, 2], rule=rule)
    assert verdict.ok
    assert not verdict.clear


def test_rules_keep_their_error_rates(  # simulated with a fixed generator: the same on every run
):
    rng = np.random.default_rng(7)

    def rate(mean, rule):
        fails = 0
        for _ in range(1500):
            draws = iter(rng.normal(mean, 0.006, 12))
            fails += not decide(
                lambda s, d=draws: (round(next(d) * 10_000), 10_000), seeds=range(12), rule=rule
            ).ok
        return fails / 1500

    for rule in (GaussianSPRT(0.955, 0.930, 0.006), PassSPRT(0.9425), Majority(0.9425)):
        assert rate(0.955, rule) < 0.005
        assert rate(0.930, rule) > 0.98


def test_plan_meets_its_promise_and_not_with_less():
    found = plan(0.955, 0.92, 1e-3, 1e-2)
    assert found.runs == 1
    assert stats.binom.cdf(found.least_correct - 1, found.test_size, 0.955) == pytest.approx(found.alpha)
    assert found.alpha <= 1e-3
    assert found.beta <= 1e-2
    assert 0.92 < found.threshold < 0.955
    assert 700 < found.test_size < 2000
    assert accuracy._least_correct(found.test_size - 1, 0.955, 0.92, 0.0, 1e-3, 1e-2) is None


def test_plan_takes_more_runs_when_seeds_differ_much():
    single = plan(0.955, 0.92)
    spread = plan(0.955, 0.92, spread=0.008)
    assert spread.runs > single.runs
    assert spread.alpha <= 1e-3
    assert spread.beta <= 1e-2
    with pytest.raises(AccuracyError, match="cannot be told apart"):
        plan(0.931, 0.930, max_test_size=1000)
    with pytest.raises(AccuracyError):
        plan(0.9, 0.95)
    with pytest.raises(AccuracyError, match="impossible"):
        plan(0.9, 0.5, spread=0.6)


def test_majority_rate_as_in_the_repeat_rule():
    assert accuracy.majority_rate(0.015, 3) == pytest.approx(6.7e-4, rel=0.01)
    assert accuracy.majority_rate(0.05, 3) == pytest.approx(7.3e-3, rel=0.01)


@pytest.mark.parametrize(
    ("n", "content", "k"), [(20, 0.99, 3.295), (20, 0.999, 4.319), (6, 0.99, 5.062), (10, 0.95, 2.911)]
)
def test_tolerance_factors_as_tabulated(n, content, k):
    assert tolerance_factor(n, content) == pytest.approx(k, abs=2e-3)


def test_calibration_separates_or_names_the_overlap():
    rng = np.random.default_rng(3)
    good = {"reference": rng.normal(0.957, 0.002, 20), "tanh": rng.normal(0.960, 0.002, 20)}
    bad = {"linear": rng.normal(0.92, 0.002, 20)}
    found = calibrate(good, bad)
    assert found.ok
    assert found.floor < found.threshold
    assert found.threshold < min(min(v) for v in good.values())
    assert found.false_fail() < 1e-2
    assert found.false_fail(runs=3) < 1e-3
    assert found.false_pass() < 1e-3
    assert "linear" in found.table()
    kept = found.solutions()
    assert {name: runs["correct"] for name, runs in kept.items()} == {
        "reference": True,
        "tanh": True,
        "linear": False,
    }
    assert kept["tanh"]["runs"] == 20
    assert kept["tanh"]["lowest"] == round(min(good["tanh"]), 4)
    found = calibrate(good, bad | {"close": rng.normal(0.948, 0.004, 20)})
    assert not found.ok
    assert found.overlap == ("close",)
    assert "close" in found.sentence


def test_calibration_does_not_take_perfect_runs_for_certainty():
    naive = calibrate({"a": [1.0] * 20}, {})
    assert naive.threshold == 1.0
    honest = calibrate({"a": [1.0] * 20}, {}, test_size=4000)
    assert 0.99 < honest.threshold < 1.0


def test_calibration_marks_a_tail_that_is_not_normal():
    runs = [0.95, 0.951, 0.952, 0.949, 0.95, 0.951, 0.948, 0.952, 0.95, 0.90]
    assert calibrate({"a": runs}, {}).variants[0].outlier
    assert not calibrate({"a": runs[:-1]}, {}).variants[0].outlier


def test_calibration_refuses_what_it_cannot_use():
    with pytest.raises(CalibrationError, match="at least one correct"):
        calibrate({}, {"a": [0.1, 0.1, 0.1]})
    with pytest.raises(CalibrationError, match="three runs"):
        calibrate({"a": [0.9, 0.9]}, {})
    with pytest.raises(CalibrationError, match="not finite"):
        calibrate({"a": [0.9, 0.9, math.nan]}, {})
