"""Graph execution: does it compute the same as eager execution, how often is it traced, and is it faster?

- Losses of graph and eager steps from equal weights agree to a relative tolerance, and change from step to
  step.
- A self-reported number of traces is believed only as far as the grader's clock agrees. A call that traces
  takes many times as long as one that does not: calls longer than `SLOW` times the lower quartile of all
  calls are counted. If every call traces, none stands out; then the calls are as slow as eager ones, or
  slower.
- The speed-up is the ratio of eager to graph seconds a step, measured by `throughput`.

Durations are seconds by the grader's clock, one call each, the first call first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.checks.arrays import UnusableError, numbers

SLOW = 6.0
ALWAYS = 0.7  # of the eager duration; on the small models this is for, graph calls take a quarter or less
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Equality:
    """`error` is the largest relative difference between the losses of the two ways to run."""

    ok: bool
    error: float
    tolerance: float
    sentence: str


@dataclass(frozen=True)
class Tracing:
    """`reported` by the student's process, `seen` by the clock: slow calls, or all calls if all are as slow
    as eager."""

    ok: bool
    reported: int | None
    seen: int
    calls: int
    most: int
    sentence: str


def equal_losses(graph: object, eager: object, tolerance: float = TOLERANCE) -> Equality:
    """Compare two f[k] of losses, each from before its update, from equal weights on equal data."""
    try:
        a, b = (
            numbers(graph, (None,), "The losses in graph mode"),
            numbers(eager, (None,), "The eager losses"),
        )
    except UnusableError as unusable:
        return Equality(False, np.inf, tolerance, str(unusable))
    if a.shape != b.shape or a.size < 2:
        sentence = f"There are {a.size} losses in graph mode and {b.size} eager ones; as many (two or more) are needed."
        return Equality(False, np.inf, tolerance, sentence)
    error = float(np.max(np.abs(a - b) / np.maximum(np.abs(b), 1e-6)))
    if np.ptp(b) <= 1e-6 * np.abs(b).max():
        return Equality(False, error, tolerance, "The eager losses do not change: no step is taken.")
    if np.ptp(a) <= 1e-6 * np.abs(a).max():
        return Equality(False, error, tolerance, "The losses in graph mode do not change: no step is taken.")
    if error <= tolerance:
        return Equality(True, error, tolerance, "Graph and eager execution give the same losses.")
    first = int(np.argmax(np.abs(a - b) > tolerance * np.maximum(np.abs(b), 1e-6))) + 1
    reason = "they start from different values" if first == 1 else f"they part at step {first}"
    return Equality(False, error, tolerance, f"Graph and eager losses differ: {reason}.")


def tracing(
    durations: Sequence[float],
    eager_durations: Sequence[float],
    reported: object,
    *,
    most: int = 2,
    besides_s: float = 0.0,
) -> Tracing:
    """Was the function traced at most `most` times, by its own account and by the clock?

    `durations` of at least 8 calls with equal signatures, the first included; `eager_durations` of the same
    calls in eager mode. Slow calls beyond `most` are forgiven up to one in ten: a busy machine delays calls
    too.

    `besides_s`: seconds of a call that are not its steps', known from calls with more steps, such as the making of a
    data set. A trace in every call would be such seconds, too, so they count as the steps' where the first call, which
    traced for certain, took not much longer than the others.
    """
    seconds = np.asarray(durations, dtype=np.float64)
    if seconds.size < 8:
        raise ValueError("At least eight calls are needed to see which of them were traced.")
    usual = float(np.quantile(seconds, 0.25))
    slow = int((seconds > SLOW * usual).sum())
    eager = float(np.median(np.asarray(eager_durations, dtype=np.float64)))
    traced_once = seconds[0] > SLOW * besides_s
    always = usual - (besides_s if traced_once else 0.0) >= ALWAYS * eager
    seen = seconds.size if always else slow
    count = (
        int(reported) if isinstance(reported, int | np.integer) and not isinstance(reported, bool) else None
    )
    if count is None or count < 1:
        sentence = (
            "The step reports no trace: it is not a graph function." if count == 0 else "No number of traces."
        )
        return Tracing(False, count, seen, seconds.size, most, sentence)
    if always:
        sentence = "Every call takes as long as in eager mode: the function is made or traced anew each time."
        return Tracing(False, count, seen, seconds.size, most, sentence)
    if count > most:
        sentence = f"The function was traced {count} times for batches of one shape; {most} times are enough."
        return Tracing(False, count, seen, seconds.size, most, sentence)
    if slow > most + seconds.size // 10:
        sentence = f"{slow} of {seconds.size} calls are as slow as a trace, but only {count} are reported."
        return Tracing(False, count, seen, seconds.size, most, sentence)
    return Tracing(True, count, seen, seconds.size, most, f"Traced {count} times in {seconds.size} calls.")
