"""Where to put a threshold: from repeated runs of correct and of wrong solutions.

A threshold must lie below what nearly every run of every correct solution reaches and above what nearly every
run of every wrong one reaches, "nearly every" with stated confidence although only some runs were made. That
is what a one-sided normal tolerance bound gives: mean - k·sd lies, with probability `confidence`, below a
share `content` of all further runs. k is a quantile of the noncentral t distribution divided by sqrt(n).

Formula: k(n, content, confidence) = t'_{n-1}(confidence; delta = z_content · sqrt(n)) / sqrt(n). Source:
Owen, A survey of properties and applications of the noncentral t-distribution, Technometrics 10 (1968);
NIST/SEMATECH e-Handbook, section 7.2.6.3. Outliers: Grubbs, Technometrics 11 (1969). Units: whatever the runs
are in (shares for accuracies); larger is better.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from autograder.checks.accuracy import majority_rate


class CalibrationError(ValueError):
    """There are too few runs, or figures that are not finite; the text says which."""


@dataclass(frozen=True)
class Variant:
    """Runs of one solution, summed up. `bound` is the tolerance bound on the side of the threshold."""

    name: str
    correct: bool
    n: int
    mean: float
    sd: float
    lowest: float
    highest: float
    k: float
    bound: float
    outlier: bool  # a run that a normal law does not explain, on the side of the threshold

    def misjudged(self, threshold: float) -> float:
        """Predictive probability that one further run falls on the wrong side of `threshold`.

        Student's t with n - 1 degrees of freedom around the mean, scaled by sd·sqrt(1 + 1/n).
        """
        distance = (self.mean - threshold) if self.correct else (threshold - self.mean)
        scale = self.sd * math.sqrt(1 + 1 / self.n)
        if scale == 0:
            return 0.0 if distance > 0 or (distance == 0 and self.correct) else 1.0
        return float(stats.t.sf(distance / scale, self.n - 1))


@dataclass(frozen=True)
class Calibration:
    """`ok` if a threshold exists that separates all correct from all wrong variants.

    `threshold` is the highest admissible one: the lowest tolerance bound of a correct variant. `floor` is the
    highest bound of a wrong one (-inf without wrong variants). Any value in (floor, threshold] is admissible.
    `overlap` names the wrong variants whose bound reaches the threshold.
    """

    ok: bool
    threshold: float
    floor: float
    overlap: tuple[str, ...]
    variants: tuple[Variant, ...]
    content: float
    confidence: float
    sentence: str

    def false_fail(self, threshold: float | None = None, runs: int = 1) -> float:
        """Probability of failing the worst correct variant: by one run, or by a majority of `runs`."""
        return self._worst(True, threshold, runs)

    def false_pass(self, threshold: float | None = None, runs: int = 1) -> float:
        """Probability of passing the best wrong variant; 0 without wrong variants."""
        return self._worst(False, threshold, runs)

    def solutions(self) -> dict[str, dict[str, float]]:
        """What was measured of each solution, as it is kept in JSON beside the threshold that was put there."""
        return {
            v.name: {
                "correct": v.correct,
                "runs": v.n,
                "mean": round(v.mean, 4),
                "sd": round(v.sd, 5),
                "lowest": round(v.lowest, 4),
                "highest": round(v.highest, 4),
            }
            for v in self.variants
        }

    def table(self, threshold: float | None = None) -> str:
        """A table for the terminal: a line per variant, then the threshold and its error rates."""
        at = self.threshold if threshold is None else threshold
        width = max(len("variant"), *(len(v.name) for v in self.variants))
        lines = [f"{'variant':<{width}}  kind     runs    mean      sd  lowest highest   bound  misjudged"]
        for v in self.variants:
            kind = "correct" if v.correct else "wrong"
            mark = "  outlier" if v.outlier else ""
            lines.append(
                f"{v.name:<{width}}  {kind:<7}  {v.n:4d}  {v.mean:6.4f}  {v.sd:6.4f}  {v.lowest:6.4f}"
                f"  {v.highest:6.4f}  {v.bound:6.4f}    {v.misjudged(at):7.1e}{mark}"
            )
        lines.append(self.sentence)
        lines.append(
            f"At {at:.4f}: false fail {self.false_fail(at):.1e} by one run, {self.false_fail(at, 3):.1e} "
            f"by two of three; false pass {self.false_pass(at):.1e} and {self.false_pass(at, 3):.1e}."
        )
        return "\n".join(lines)

    def _worst(self, correct: bool, threshold: float | None, runs: int) -> float:
        at = self.threshold if threshold is None else threshold
        rates = [v.misjudged(at) for v in self.variants if v.correct == correct]
        return majority_rate(max(rates, default=0.0), runs)


def calibrate(
    correct: Mapping[str, Sequence[float]],
    wrong: Mapping[str, Sequence[float]],
    *,
    content: float = 0.99,
    confidence: float = 0.95,
    test_size: int | None = None,
) -> Calibration:
    """The highest threshold that all correct variants reach, or the wrong ones that stand in its way.

    `correct` and `wrong` map a variant's name to one figure per run, such as accuracies of 20 seeds.
    `test_size` (examples behind each accuracy) keeps the standard deviation from being taken for smaller than
    the test set's own chance allows, as when every run got everything right. Raises CalibrationError for
    fewer than three runs of a variant, for figures that are not finite, and without a correct variant.
    """
    if not correct:
        raise CalibrationError("Calibration needs runs of at least one correct solution.")
    variants = [_variant(name, runs, True, content, confidence, test_size) for name, runs in correct.items()]
    variants += [_variant(name, runs, False, content, confidence, test_size) for name, runs in wrong.items()]
    threshold = min(v.bound for v in variants if v.correct)
    floor = max((v.bound for v in variants if not v.correct), default=-math.inf)
    overlap = tuple(v.name for v in variants if not v.correct and v.bound >= threshold)
    return Calibration(
        ok=not overlap,
        threshold=threshold,
        floor=floor,
        overlap=overlap,
        variants=tuple(variants),
        content=content,
        confidence=confidence,
        sentence=_sentence(threshold, floor, overlap),
    )


def tolerance_factor(n: int, content: float = 0.99, confidence: float = 0.95) -> float:
    """k of the one-sided normal tolerance bound mean ± k·sd from n runs; 3.30 for (20, .99, .95)."""
    if n < 2:
        raise CalibrationError("A tolerance factor needs at least two runs.")
    delta = float(stats.norm.ppf(content)) * math.sqrt(n)
    return float(stats.nct.ppf(confidence, n - 1, delta)) / math.sqrt(n)


def _variant(
    name: str, runs: Sequence[float], correct: bool, content: float, confidence: float, test_size: int | None
) -> Variant:
    values = np.asarray(runs, dtype=np.float64)
    if values.ndim != 1 or values.size < 3:
        raise CalibrationError(f"{name}: at least three runs are needed, {values.size} given.")
    if not np.isfinite(values).all():
        raise CalibrationError(f"{name}: the runs hold figures that are not finite.")
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    if test_size is not None:
        # One error more and one success more than seen keep the chance of the test set above zero at 0 and 1.
        total = test_size * values.size
        share = (mean * total + 1) / (total + 2)
        sd = max(sd, math.sqrt(share * (1 - share) / test_size))
    k = tolerance_factor(values.size, content, confidence)
    return Variant(
        name=name,
        correct=correct,
        n=int(values.size),
        mean=mean,
        sd=sd,
        lowest=float(values.min()),
        highest=float(values.max()),
        k=k,
        bound=mean - k * sd if correct else mean + k * sd,
        outlier=_outlier(values, correct),
    )


def _outlier(values: np.ndarray, low_side: bool) -> bool:
    """Grubbs' test at 1 % for the extreme run on the side of the threshold."""
    n, sd = values.size, float(values.std(ddof=1))
    if sd == 0:
        return False
    distance = (values.mean() - values.min()) if low_side else (values.max() - values.mean())
    t = float(stats.t.isf(0.01 / n, n - 2))
    critical = (n - 1) / math.sqrt(n) * math.sqrt(t * t / (n - 2 + t * t))
    return bool(distance / sd > critical)


def _sentence(threshold: float, floor: float, overlap: tuple[str, ...]) -> str:
    if overlap:
        return (
            f"No threshold separates them: {', '.join(overlap)} may reach {threshold:.4f}, which a correct "
            "solution may not exceed. Train longer, change the data, or catch these by another check."
        )
    if floor == -math.inf:
        return f"Threshold at most {threshold:.4f}; there are no wrong variants to stay above."
    return f"Threshold above {floor:.4f} and at most {threshold:.4f}."
