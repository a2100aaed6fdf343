"""An accuracy threshold as a statistical claim about a training procedure.

The accuracy of a trained model is random twice: over the seed of the training and over the examples of the
test set. This module decides "at least T" with known error rates, stops as soon as the answer is clear, and
never lets a single unlucky training fail a submission.

Quantities: accuracies are shares in [0, 1]; a run is `correct` of `n` test examples; alpha is the probability
of failing a correct solution, beta that of passing a broken one.

Formulas and sources
- Clopper-Pearson interval: quantiles of Beta(x, n-x+1) and Beta(x+1, n-x). Clopper and Pearson, Biometrika 26
  (1934).
- Wilson interval: the score test inverted. Wilson, JASA 22 (1927); Brown, Cai, DasGupta, Stat. Sci. 16
  (2001).
- Sequential test: Wald, Sequential Analysis (1947), chapter 3: sum of log likelihood ratios (broken :
  correct) against log(beta/(1-alpha)) and log((1-beta)/alpha). Each run's part is censored so that none can
  fail a submission alone: Huber, A robust version of the probability ratio test, Ann. Math. Stat. 36 (1965).
- Spread over seeds in planning: beta-binomial law with the given mean and standard deviation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from scipy import optimize, stats

ALPHA = 1e-3  # probability of failing a correct solution, per check
BETA = 1e-2  # probability of passing a broken one, per check


class AccuracyError(ValueError):
    """The instrument was asked something that has no answer; the text says what to change."""


@dataclass(frozen=True)
class Interval:
    """Bounds of a proportion, both in [0, 1]."""

    low: float
    high: float


@dataclass(frozen=True)
class Run:
    """One training: its seed and how many of `n` test examples it got right."""

    seed: int
    correct: int
    n: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.n


@dataclass(frozen=True)
class Verdict:
    """The decision over all runs, with what it rests on.

    `estimate` is the accuracy pooled over the runs; `interval` its Clopper-Pearson interval (the test set's
    chance only, given these trainings); `clear` tells whether the rule decided before its last seed was used
    up.
    """

    ok: bool
    threshold: float
    estimate: float
    interval: Interval
    confidence: float
    runs: tuple[Run, ...]
    rule: str
    clear: bool
    sentence: str

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run.seed for run in self.runs)

    @property
    def accuracies(self) -> tuple[float, ...]:
        return tuple(run.accuracy for run in self.runs)


class Rule(Protocol):
    """When to stop, and with which answer: True pass, False fail, None for another run."""

    @property
    def name(self) -> str: ...

    @property
    def threshold(self) -> float: ...

    def verdict(self, runs: Sequence[Run]) -> bool | None: ...

    def forced(self, runs: Sequence[Run]) -> bool:
        """The answer if there are no more seeds."""


def decide(
    run: Callable[[int], tuple[int, int]],
    threshold: float | None = None,
    seeds: Sequence[int] = (),
    *,
    rule: Rule | None = None,
    spread: float | None = None,
    confidence: float = 0.999,
) -> Verdict:
    """Train with one seed after the other until the rule decides.

    `run(seed)` trains and returns (correct, n) on test data that the grader holds. `seeds` are fresh and
    different; what `run` raises passes through. Without a `rule` it is two of three (`Majority(threshold,
    spread=spread)`). Raises AccuracyError for too few or repeated seeds and for counts that cannot be.
    """
    if rule is None:
        if threshold is None:
            raise AccuracyError("decide() needs a threshold or a rule.")
        rule = Majority(threshold, spread=spread)
    needed = getattr(rule, "of", 1)
    if len(seeds) < needed:
        raise AccuracyError(f"{rule.name} needs {needed} seeds, {len(seeds)} given.")
    if len(set(seeds)) != len(seeds):
        raise AccuracyError("The seeds must differ: a repeated seed repeats the same training.")
    runs: list[Run] = []
    answer: bool | None = None
    for seed in seeds:
        runs.append(_checked_run(seed, run(seed)))
        answer = rule.verdict(runs)
        if answer is not None:
            break
    clear = answer is not None
    ok = rule.forced(runs) if answer is None else answer
    correct, n = sum(r.correct for r in runs), sum(r.n for r in runs)
    return Verdict(
        ok=ok,
        threshold=rule.threshold,
        estimate=correct / n,
        interval=clopper_pearson(correct, n, confidence),
        confidence=confidence,
        runs=tuple(runs),
        rule=rule.name,
        clear=clear,
        sentence=_sentence(ok, rule.threshold, runs),
    )


@dataclass(frozen=True)
class Majority:
    """Two of three (or `need` of `of`) runs at the threshold or above, stopping when that is settled.

    With `spread` (the standard deviation over seeds, from calibration) a first run that lies above the
    threshold by z(beta) standard deviations of seed and test set together passes alone. A fail always takes
    `of - need + 1` runs.
    """

    threshold: float
    need: int = 2
    of: int = 3
    spread: float | None = None
    beta: float = BETA

    @property
    def name(self) -> str:
        return f"{self.need} of {self.of} runs"

    def verdict(self, runs: Sequence[Run]) -> bool | None:
        passes = sum(run.accuracy >= self.threshold for run in runs)
        if passes >= self.need or (len(runs) == 1 and self._clear_pass(runs[0])):
            return True
        if len(runs) - passes > self.of - self.need:
            return False
        return None

    def forced(self, runs: Sequence[Run]) -> bool:
        return sum(run.accuracy >= self.threshold for run in runs) >= self.need

    def _clear_pass(self, run: Run) -> bool:
        if self.spread is None:
            return False
        noise = math.sqrt(self.spread**2 + self.threshold * (1 - self.threshold) / run.n)
        return run.accuracy >= self.threshold + float(stats.norm.isf(self.beta)) * noise


@dataclass(frozen=True)
class PassSPRT:
    """Wald's test on passes: a correct solution's run passes with probability `good`, a broken one's
    `bad`."""

    threshold: float
    good: float = 0.98
    bad: float = 0.05
    alpha: float = ALPHA
    beta: float = BETA

    def __post_init__(self) -> None:
        _check_pair(self.good, self.bad)

    @property
    def name(self) -> str:
        return "sequential test on passes"

    def verdict(self, runs: Sequence[Run]) -> bool | None:
        return _wald(self._steps(runs), self.alpha, self.beta)

    def forced(self, runs: Sequence[Run]) -> bool:
        return sum(self._steps(runs)) < 0

    def _steps(self, runs: Sequence[Run]) -> list[float]:
        passed, failed = math.log(self.bad / self.good), math.log((1 - self.bad) / (1 - self.good))
        return [passed if run.accuracy >= self.threshold else failed for run in runs]


@dataclass(frozen=True)
class GaussianSPRT:
    """Wald's test on the accuracies: normal with mean `good` or `bad` and standard deviation `sd` over seeds.

    One training usually suffices. A run's log likelihood ratio is censored at three quarters of the failing
    bound, so a single diverged training (far below anything that `bad` foresees) leads to another run, not to
    a fail.
    """

    good: float
    bad: float
    sd: float
    alpha: float = ALPHA
    beta: float = BETA

    def __post_init__(self) -> None:
        _check_pair(self.good, self.bad)
        if not self.sd > 0:
            raise AccuracyError("sd must be positive: the standard deviation of the accuracy over seeds.")

    @property
    def name(self) -> str:
        return "sequential test on accuracies"

    @property
    def threshold(self) -> float:
        """Where a run speaks for neither side."""
        return (self.good + self.bad) / 2

    def verdict(self, runs: Sequence[Run]) -> bool | None:
        return _wald(self._steps(runs), self.alpha, self.beta)

    def forced(self, runs: Sequence[Run]) -> bool:
        return sum(self._steps(runs)) < 0

    def _steps(self, runs: Sequence[Run]) -> list[float]:
        low, high = sprt_bounds(self.alpha, self.beta)
        steps = [
            ((run.accuracy - self.good) ** 2 - (run.accuracy - self.bad) ** 2) / (2 * self.sd**2)
            for run in runs
        ]
        return [min(max(step, low), 0.75 * high) for step in steps]


def sprt_bounds(alpha: float = ALPHA, beta: float = BETA) -> tuple[float, float]:
    """Wald's bounds of the log likelihood ratio (broken : correct): pass at the first, fail at the second."""
    return math.log(beta / (1 - alpha)), math.log((1 - beta) / alpha)


def clopper_pearson(correct: int, n: int, confidence: float = 0.999) -> Interval:
    """Exact two-sided interval; each side errs with probability (1 - confidence) / 2 at most."""
    _check_counts(correct, n)
    tail = (1 - confidence) / 2
    low = 0.0 if correct == 0 else float(stats.beta.ppf(tail, correct, n - correct + 1))
    high = 1.0 if correct == n else float(stats.beta.isf(tail, correct + 1, n - correct))
    return Interval(low, high)


def lower_bound(correct: int, n: int, confidence: float = 0.999) -> float:
    """Exact one-sided lower bound of the true accuracy."""
    _check_counts(correct, n)
    return 0.0 if correct == 0 else float(stats.beta.ppf(1 - confidence, correct, n - correct + 1))


def wilson(correct: int, n: int, confidence: float = 0.999) -> Interval:
    """Wilson's score interval: shorter than the exact one, right on average over the true accuracy."""
    _check_counts(correct, n)
    z = float(stats.norm.isf((1 - confidence) / 2))
    p = correct / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True)
class Plan:
    """Test examples per run, the least correct answers that pass, the number of runs (a majority of them
    decides).

    `alpha` and `beta` are the error rates that this plan really has, `threshold` = `least_correct /
    test_size`.
    """

    test_size: int
    least_correct: int
    runs: int
    alpha: float
    beta: float

    @property
    def threshold(self) -> float:
        return self.least_correct / self.test_size


def plan(
    good: float,
    bad: float,
    alpha: float = ALPHA,
    beta: float = BETA,
    *,
    spread: float = 0.0,
    max_test_size: int = 10_000,
    max_runs: int = 9,
) -> Plan:
    """The fewest runs, and for these a smallest test set, that tell `good` from `bad` with errors alpha and
    beta.

    `good` and `bad` are mean accuracies of a correct and a broken solution, `spread` their standard deviation
    over seeds (on an endless test set). "A smallest": one example fewer would not do (the discrete law has a
    saw-tooth, so that a still smaller set may happen to do as well). Raises AccuracyError where no plan
    within the limits exists.
    """
    _check_pair(good, bad)
    for runs in range(1, max_runs + 1, 2):
        run_alpha, run_beta = _share_of_run(alpha, runs), _share_of_run(beta, runs)

        def least(n: int, a: float = run_alpha, b: float = run_beta) -> int | None:
            return _least_correct(n, good, bad, spread, a, b)

        if least(max_test_size) is None:
            continue
        enough, short = max_test_size, 0
        while enough - short > 1:
            middle = (enough + short) // 2
            if least(middle) is None:
                short = middle
            else:
                enough = middle
        count = least(enough)
        assert count is not None  # `enough` is a size for which it was found
        fails = float(_law(enough, good, spread).cdf(count - 1))
        passes = float(_law(enough, bad, spread).sf(count - 1))
        return Plan(enough, count, runs, majority_rate(fails, runs), majority_rate(passes, runs))
    raise AccuracyError(
        f"{good} and {bad} cannot be told apart with {max_test_size} test examples and {max_runs} runs: "
        "train longer, change the data, or allow more of either."
    )


def majority_rate(rate: float, runs: int) -> float:
    """Probability that most of `runs` independent runs show what one run shows with probability `rate`."""
    return float(stats.binom.sf(runs // 2, runs, rate))


def _share_of_run(rate: float, runs: int) -> float:
    if runs == 1:
        return rate
    return float(optimize.brentq(lambda p: majority_rate(p, runs) - rate, 0.0, 0.5, xtol=1e-12))


def _least_correct(n: int, good: float, bad: float, spread: float, alpha: float, beta: float) -> int | None:
    """The highest bar that `good` misses with probability alpha, if `bad` clears it with beta at most."""
    good_law = _law(n, good, spread)
    count = int(good_law.ppf(alpha))
    if good_law.cdf(count) <= alpha:
        count += 1
    return count if count > 0 and float(_law(n, bad, spread).sf(count - 1)) <= beta else None


def _law(n: int, mean: float, spread: float) -> stats.rv_frozen:
    if spread == 0:
        return stats.binom(n, mean)
    total = mean * (1 - mean) / spread**2 - 1
    if total <= 0:
        raise AccuracyError(f"A spread of {spread} over seeds is impossible around a mean of {mean}.")
    return stats.betabinom(n, mean * total, (1 - mean) * total)


def _wald(steps: Sequence[float], alpha: float, beta: float) -> bool | None:
    low, high = sprt_bounds(alpha, beta)
    total = sum(steps)
    if total <= low:
        return True
    return False if total >= high else None


def _checked_run(seed: int, answer: tuple[int, int]) -> Run:
    correct, n = int(answer[0]), int(answer[1])
    _check_counts(correct, n)
    return Run(seed, correct, n)


def _check_counts(correct: int, n: int) -> None:
    if not (n > 0 and 0 <= correct <= n):
        raise AccuracyError(f"{correct} correct of {n} cannot be: needed are n > 0 and 0 <= correct <= n.")


def _check_pair(good: float, bad: float) -> None:
    if not 0 < bad < good < 1:
        raise AccuracyError(f"Needed is 0 < bad < good < 1; given bad = {bad}, good = {good}.")


def _sentence(ok: bool, threshold: float, runs: Sequence[Run]) -> str:
    shown = [f"{100 * run.accuracy:.1f} %" for run in runs]
    reached = shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]
    trainings = "One training" if len(runs) == 1 else f"{len(runs)} trainings with different seeds"
    verdict = "That is enough." if ok else "That is not enough."
    asked = f"asked for is {100 * threshold:.1f} %"
    return f"{trainings} got {reached} of the test examples right; {asked}. {verdict}"
