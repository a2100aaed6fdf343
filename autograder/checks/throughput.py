"""How fast is a program, compared with a reference on the same machine, by the grader's clock?

The program is called from outside with a number of steps k; the student's clock is not asked. In this order:

1. Correctness. `verify` sees every answer of the student's program; the first problem ends the measurement. An answer
   should depend on all the work (losses of all steps, a check sum of the weights), on inputs that are new in each call.
2. Warm-up of both programs: at least 5 calls and 0.5 s each, and until calls no longer get faster (tracing, autotune).
3. For each program two numbers of steps are found, K and a tenth of it, k, whose difference takes long enough to be
   measured, and no longer.
4. Interleaved pairs, at least nine, in alternating order: student, reference, reference, student. One measurement is
   the slope (t(K) - t(k)) / (K - k) in seconds a step, which is free of the overhead of a call. k is a tenth because
   the error of the short call counts as much as that of the long one, and is the smaller the shorter the call. Pairs of
   short calls are many, and the calls of one lie close together: where other work slows the machine down, it slows
   both. A statistic of many calls of one program, such as the shortest, takes them from different moments.
5. The median of the pairs' ratios (reference time / student time, so larger is faster), with a bootstrap interval.
   Pairs are measured until the interval is narrow and the threshold is not in it, or for a minute.
6. A program that reaches the threshold reaches it by whole calls, too: the steps of a long call divided by all of its
   time, but for the overhead that a call of the reference has. A slope alone is a difference, which a program makes as
   small as it likes by wasting time in short calls; no program can make a whole call look shorter than it is. A right
   program whose calls have more overhead than the reference's is not to lose by that, so where whole calls do not
   reach the threshold, longer ones are made, in which an overhead counts less and less, until they do, or it is plain
   that they never will, or they take seconds; only then their ratio is the one that counts.
7. By a clock on the wall, a program also seems fast if it slows the reference down: by kernels that are queued on the
   GPU when a call returns, or in a thread of its own. So the reference is measured once more when the student's process
   has ended. If it took much longer beside that process, its speed alone is what the student's whole calls are compared
   with. A right program leaves nothing behind, and its pairs count.

Calls must return only when the work is done (`.numpy()`, synchronize). Seconds throughout; a clock may be passed in,
and a program may say itself how long its work took (`Timed`): on a CPU the computing time of its process, which other
work on the machine changes little, with both programs on one core (`autograder.grading.timing`); on a GPU, for which a
process waits, the time that passes. `benchmarks/throughput_aa.py` measures how far the ratio of a program to itself
strays.

Sources: Efron and Tibshirani, An introduction to the bootstrap (1993) for the percentile interval; interleaving because
clocks and temperature drift within a measurement.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from autograder.checks.throughput_calls import (
    MAX_PAIRS,
    PAIRS,
    PRECISION,
    SLOWED,
    Calls,
    Clock,
    NoWorkError,
    Program,
    Sized,
    ThroughputError,
    Timed,
    alone,
    bootstrap_median,
    measured_pairs,
    overhead_of,
    ratio_of,
    reference_sized,
    sized,
    slope_of,
    timed,
    warm_up,
    whole_calls,
)

__all__ = ["Throughput", "ThroughputError", "Timed", "bootstrap_median", "compare", "compare_calls"]


@dataclass(frozen=True)
class Throughput:
    """`ok` if the answers are right and `ratio`, the student's speed in units of the reference's, reaches
    `threshold`.

    `low` and `high` bound the ratio with `confidence`; speeds are items a second. `pairs` are the single
    ratios, `steps` those of the student's long calls, whose slopes were measured or which counted as a whole.
    `environment` names device, driver and library versions.
    """

    ok: bool
    correct: bool
    ratio: float
    low: float
    high: float
    confidence: float
    threshold: float
    per_second: float
    reference_per_second: float
    pairs: tuple[float, ...]
    steps: int
    sentence: str
    environment: Mapping[str, str] = field(default_factory=dict)


def compare(
    student: Program,
    reference: Program,
    threshold: float,
    *,
    verify: Callable[[object, int], str] = lambda answer, steps: "",
    items_per_step: int = 1,
    steps: int = 3,
    pairs: int = PAIRS,
    max_pairs: int = MAX_PAIRS,
    precision: float = PRECISION,
    confidence: float = 0.95,
    environment: Mapping[str, str] | None = None,
    clock: Clock = time.perf_counter,
    end_student: Callable[[], None] | None = None,
) -> Throughput:
    """Measure `student(k)` against `reference(k)`; both do k steps and return when they are done.

    `verify(answer, k)` returns "" for a right answer of the student's, else a sentence. `items_per_step`
    (samples of a batch) only scales the speeds that are shown; `steps` are those of the first calls, before it is known
    how long they take. `end_student` is called after the student's last call, unless the answers were wrong, and ends
    the student's process: give it wherever the clock is one on the wall. A student's program that takes no longer for
    more steps is not `ok`. What the programs raise passes through. Raises ThroughputError if the reference takes no
    measurable time, or the machine is too busy.
    """
    named = dict(environment or {})

    def checked(k: int) -> float:
        seconds, answer = timed(student, k, clock)
        problem = verify(answer, k)
        if problem:
            raise _WrongAnswer(problem)
        return seconds

    def plain(k: int) -> float:
        return timed(reference, k, clock)[0]

    try:
        checked(steps)
        for program in (checked, plain):
            warm_up(program, steps, clock)
        mine, theirs = sized(checked, steps), reference_sized(plain, steps)
        slopes = measured_pairs(mine, theirs, threshold, pairs, max_pairs, precision, confidence, clock)
        basis = _basis(mine, theirs, slopes, threshold, end_student, clock)
    except (_WrongAnswer, NoWorkError) as problem:
        correct = not isinstance(problem, _WrongAnswer)
        return _without_ratio(correct, confidence, threshold, steps, str(problem), named)
    ratio, ratios = ratio_of(basis.seconds), [r / s for s, r in basis.seconds]
    low, high = bootstrap_median(ratios, confidence)
    seconds, reference_seconds = (float(np.median([pair[i] for pair in basis.seconds])) for i in (0, 1))
    return Throughput(
        ok=ratio >= threshold,
        correct=True,
        ratio=ratio,
        low=low,
        high=high,
        confidence=confidence,
        threshold=threshold,
        per_second=items_per_step / seconds,
        reference_per_second=items_per_step / reference_seconds,
        pairs=tuple(ratios),
        steps=basis.steps,
        sentence=_sentence(ratio, threshold, basis.how),
        environment=named,
    )


def compare_calls(
    student: Callable[[], object],
    reference: Callable[[], object],
    threshold: float,
    *,
    pairs: int = PAIRS,
    warm_calls: int = 1,
    confidence: float = 0.95,
    environment: Mapping[str, str] | None = None,
    clock: Clock = time.perf_counter,
) -> Throughput:
    """The same for programs that cannot be asked for k steps: whole calls, interleaved, without slope and
    verification.

    For work that takes much longer than a call's overhead, such as an epoch of training.
    """
    for _ in range(warm_calls):
        student()
        reference()
    measured = []
    for number in range(pairs):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        seconds = [0.0, 0.0]
        for which in order:
            seconds[which] = timed(lambda _: (student, reference)[which](), 1, clock)[0]  # noqa: B023
        measured.append((seconds[0], seconds[1]))
    if min(r for _, r in measured) <= 0:
        raise ThroughputError("The reference takes no measurable time; give it more work.")
    ratios = [r / max(s, 1e-9) for s, r in measured]
    low, high = bootstrap_median(ratios, confidence)
    ratio = float(np.median(ratios))
    mine, theirs = (float(np.median([pair[i] for pair in measured])) for i in (0, 1))
    return Throughput(
        ok=ratio >= threshold,
        correct=True,
        ratio=ratio,
        low=low,
        high=high,
        confidence=confidence,
        threshold=threshold,
        per_second=1 / max(mine, 1e-9),
        reference_per_second=1 / theirs,
        pairs=tuple(ratios),
        steps=1,
        sentence=_sentence(ratio, threshold),
        environment=dict(environment or {}),
    )


class _WrongAnswer(Exception):
    """The student's answer is wrong; the text says how."""


@dataclass(frozen=True)
class _Basis:
    """The seconds a step of student and reference, pair by pair, that decide; and the steps of the student's calls."""

    seconds: list[tuple[float, float]]
    steps: int
    how: str = ""


def _basis(
    mine: Sized,
    theirs: Sized,
    slopes: list[tuple[Calls, Calls]],
    threshold: float,
    end_student: Callable[[], None] | None,
    clock: Clock,
) -> _Basis:
    """Slopes; or whole calls, where these do not reach the threshold; or the reference alone, where it is slowed."""
    basis = _Basis([(s.slope, r.slope) for s, r in slopes], mine.long)
    beside = [reference for _, reference in slopes]
    if ratio_of(basis.seconds) >= threshold:
        whole = whole_calls(mine, theirs, slopes, overhead_of(beside), threshold)
        seconds = whole.per_step(overhead_of(beside))
        if ratio_of(seconds) < threshold:
            basis = _Basis(seconds, whole.mine.long, ", by all the time that a call of it takes")
    if end_student is None:
        return basis
    end_student()
    if ratio_of(basis.seconds) < threshold:
        return basis
    warm_up(theirs.program, theirs.long, clock)
    by_itself = alone(theirs, PAIRS)
    if slope_of(beside) <= SLOWED * slope_of(by_itself):
        return basis
    seconds = [(s, slope_of(by_itself)) for s, _ in whole.per_step(overhead_of(by_itself))]
    return _Basis(
        seconds, whole.mine.long, " when this runs alone, for your program goes on when its calls are over"
    )


def _without_ratio(
    correct: bool,
    confidence: float,
    threshold: float,
    steps: int,
    sentence: str,
    environment: Mapping[str, str],
) -> Throughput:
    unknown = float("nan")
    return Throughput(
        ok=False,
        correct=correct,
        ratio=unknown,
        low=unknown,
        high=unknown,
        confidence=confidence,
        threshold=threshold,
        per_second=unknown,
        reference_per_second=unknown,
        pairs=(),
        steps=steps,
        sentence=sentence,
        environment=environment,
    )


def _sentence(ratio: float, threshold: float, how: str = "") -> str:
    verdict = "That is enough." if ratio >= threshold else f"At least {threshold:g} times is asked for."
    return f"Your program runs at {ratio:.2f} times the speed of the reference{how}. {verdict}"
