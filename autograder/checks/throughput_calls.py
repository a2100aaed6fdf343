"""Calls of two programs, timed in turn, from which `throughput` finds how fast one is in units of the other.

A program is asked for a number of steps; each is measured by short and long calls of its own size. Seconds throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Program = Callable[[int], object]
Clock = Callable[[], float]

PAIRS = 9
MAX_PAIRS = 1000
LEAST_S = 1.0  # of measuring: a few short calls may all lie in one quiet or busy moment
LONGEST_S = 60.0  # after which no more than the least pairs are measured
PRECISION = 0.03  # half the interval's width, relative to the ratio, above which more pairs are measured
WARM_CALLS = 5
WARM_S = 0.5
MAX_WARM_CALLS = 60
SHORT = 10  # times fewer steps in the short call
LEAST_STEPS = 3  # of a long call
LEAST_WORK_S = 0.008  # that K - k steps should take: far above a clock's grain, below most bursts
LONG_WORK_S = 0.2  # beyond which fewer steps are enough
MAX_STEPS = 100_000
# If a long call takes no more than this longer than a short one, its steps took no time.
IDLE_S = LEAST_WORK_S / 8
MOST_IDLE = 1 / 3  # of the student's pairs of calls; bursts of other work make a few idle
TRIES = 20  # for a pair in which both programs' steps took time
LONGER = 4  # times more steps, where whole calls leave a doubt
WHOLE_CALLS = 3
HOPELESS = 0.8  # of the threshold: a speed of the added steps below which calls need not become longer still
LONGEST_CALL_S = 10.0  # of a whole call: what is slow by then is slow
SLOWED = 1.3  # times longer that the reference may take beside the student's process: caches and clocks differ, too


@dataclass(frozen=True)
class Timed:
    """What a program may return where another clock than the caller's tells how long its work took."""

    answer: object
    seconds: float


class ThroughputError(RuntimeError):
    """This machine or the reference did not allow a measurement; nothing is said about the student."""


def bootstrap_median(
    values: Sequence[float], confidence: float = 0.95, resamples: int = 2000
) -> tuple[float, float]:
    """Percentile bootstrap interval of the median, with a fixed seed: the same interval for the same
    values."""
    sample = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(0)
    medians = np.median(sample[rng.integers(0, sample.size, (resamples, sample.size))], axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(medians, [tail, 1 - tail])
    return float(low), float(high)


class NoWorkError(Exception):
    """More steps take the student's program no longer."""

    def __str__(self) -> str:
        return "More steps take your program no longer: the work has to be done when the function is called."


def timed(program: Program, k: int, clock: Clock) -> tuple[float, object]:
    """Seconds of one call, and what it returned."""
    start = clock()
    answer = program(k)
    if isinstance(answer, Timed):
        return answer.seconds, answer.answer
    return clock() - start, answer


def warm_up(program: Callable[[int], float], k: int, clock: Clock) -> None:
    """Until both the least number of calls and the least time are over and calls no longer get faster."""
    began = clock()
    seconds: list[float] = []
    while len(seconds) < MAX_WARM_CALLS:
        seconds.append(program(k))
        if len(seconds) < WARM_CALLS or clock() - began < WARM_S:
            continue
        recent, before = np.median(seconds[-3:]), np.median(seconds[-6:-3] or seconds[:3])
        if recent >= 0.8 * before:
            return


def reference_sized(program: Callable[[int], float], steps: int) -> Sized:
    """The same for the reference. Raises ThroughputError where more steps take no longer."""
    try:
        return sized(program, steps)
    except NoWorkError:
        raise ThroughputError(
            f"Even {MAX_STEPS} steps take the reference no measurable time: its work is not done when asked."
        ) from None


@dataclass(frozen=True)
class Sized:
    """A program with the steps of its long and short calls: fast and slow ones are measured equally well and long."""

    program: Callable[[int], float]
    long: int

    @property
    def short(self) -> int:
        return max(1, self.long // SHORT)


def sized(program: Callable[[int], float], steps: int) -> Sized:
    """Find the steps whose work can be measured. Raises NoWorkError where more steps take no longer."""
    steps = max(steps, LEAST_STEPS)
    while True:
        tried = Sized(program, steps)
        times = [program(each) for _ in range(3) for each in (tried.short, tried.long)]
        work = min(times[1::2]) - min(times[::2])
        if work > 2 * LONG_WORK_S and steps > LEAST_STEPS:
            steps = max(LEAST_STEPS, int(steps * LONG_WORK_S / work))
        elif work >= LEAST_WORK_S:
            return tried
        elif steps >= MAX_STEPS:
            raise NoWorkError
        else:
            steps *= 2 if work > LEAST_WORK_S / 4 else 4


@dataclass(frozen=True)
class Calls:
    """Seconds of one short and one long call of a program."""

    sized: Sized
    short_s: float
    long_s: float

    @property
    def work_s(self) -> float:
        return self.long_s - self.short_s

    @property
    def slope(self) -> float:
        """Seconds a step."""
        return self.work_s / (self.sized.long - self.sized.short)

    @property
    def overhead_s(self) -> float:
        """What the long call took besides its steps."""
        return self.long_s - self.sized.long * self.slope


def measured_pairs(
    mine: Sized,
    theirs: Sized,
    threshold: float,
    pairs: int,
    max_pairs: int,
    precision: float,
    confidence: float,
    clock: Clock,
) -> list[tuple[Calls, Calls]]:
    """Pairs of student and reference, until they are enough.

    Raises NoWorkError where the student's steps mostly take no time.
    """
    began = clock()
    found: list[tuple[Calls, Calls]] = []
    idle, look = 0, pairs
    while len(found) < max_pairs:
        pair, idle_before = _pair(mine, theirs, len(found))
        found.append(pair)
        idle += idle_before
        took = clock() - began
        if len(found) < max_pairs and (len(found) < look or took < LEAST_S):
            continue
        ratios = [r.slope / s.slope for s, r in found]
        low, high = bootstrap_median(ratios, confidence)
        precise = high - low <= 2 * precision * float(np.median(ratios))
        if (precise and not low < threshold < high) or took > LONGEST_S:
            break
        look = 1 + len(found) * 5 // 4
    if idle > MOST_IDLE * (len(found) + idle):
        raise NoWorkError
    return found


def _pair(student: Sized, reference: Sized, number: int) -> tuple[tuple[Calls, Calls], int]:
    """Calls of student and reference whose steps took time, and how many before in which the student's did not.

    Pairs alternate in their order, so that two of them are ABBA.
    """
    order = (student, reference) if number % 2 == 0 else (reference, student)
    idle = 0
    for _ in range(TRIES):
        short = [each.program(each.short) for each in order]
        long = [each.program(each.long) for each in order]
        first, second = (Calls(*each) for each in zip(order, short, long, strict=True))
        mine, theirs = (first, second) if order[0] is student else (second, first)
        if min(mine.work_s, theirs.work_s) > IDLE_S:
            return (mine, theirs), idle
        if theirs.work_s > IDLE_S:
            idle += 1
    if idle > TRIES / 2:  # the reference could be measured
        raise NoWorkError
    raise ThroughputError(_BUSY)


_BUSY = "More steps took no longer, again and again: the machine is too busy to measure."


def overhead_of(reference: Sequence[Calls]) -> float:
    """Seconds that a long call of the reference takes besides its steps."""
    return max(0.0, float(np.median([each.overhead_s for each in reference])))


@dataclass(frozen=True)
class WholeCalls:
    """Seconds of whole calls of student and reference, pair by pair."""

    mine: Sized
    theirs: Sized
    seconds: list[tuple[float, float]]

    def per_step(self, overhead: float) -> list[tuple[float, float]]:
        """Seconds a step by all the time of the calls, but for the reference's overhead of a call."""
        # The student's calls are never taken to be mostly overhead, which they may not even have.
        return [
            (
                max(mine_s - overhead, mine_s / 2) / self.mine.long,
                max(theirs_s - overhead, 0.0) / self.theirs.long,
            )
            for mine_s, theirs_s in self.seconds
        ]


def whole_calls(
    mine: Sized, theirs: Sized, measured: Sequence[tuple[Calls, Calls]], overhead: float, threshold: float
) -> WholeCalls:
    """The long calls that were `measured`, or longer ones for as long as these do not reach the threshold.

    `overhead` is the reference's of a call, in seconds.
    """
    whole = WholeCalls(mine, theirs, [(s.long_s, r.long_s) for s, r in measured])
    hopeless = False
    while True:
        mine_s, theirs_s = (float(np.median([pair[i] for pair in whole.seconds])) for i in (0, 1))
        too_long = mine_s * LONGER > LONGEST_CALL_S or mine.long * LONGER > MAX_STEPS
        if ratio_of(whole.per_step(overhead)) >= threshold or hopeless or too_long:
            return whole
        shorter, shorter_s = mine.long, mine_s
        mine = Sized(mine.program, mine.long * LONGER)
        if theirs_s < LONG_WORK_S:  # long enough to see the same of the machine
            theirs = Sized(theirs.program, theirs.long * LONGER)
        whole = WholeCalls(mine, theirs, [_long_calls(mine, theirs, number) for number in range(WHOLE_CALLS)])
        added = [
            (s - shorter_s, (r - overhead) / theirs.long * (mine.long - shorter)) for s, r in whole.seconds
        ]
        # An overhead does not grow with the steps: what the added ones take, no longer call makes up for.
        hopeless = min(s for s, _ in added) > LONG_WORK_S and ratio_of(added) < HOPELESS * threshold


def alone(reference: Sized, pairs: int) -> list[Calls]:
    """The reference's calls while nothing runs beside it. Raises ThroughputError where its steps take no time."""
    found: list[Calls] = []
    for _ in range(TRIES * pairs):
        calls = Calls(reference, reference.program(reference.short), reference.program(reference.long))
        if calls.work_s > IDLE_S:
            found.append(calls)
        if len(found) == pairs:
            return found
    raise ThroughputError(_BUSY)


def slope_of(calls: Sequence[Calls]) -> float:
    """Seconds a step, the median."""
    return float(np.median([each.slope for each in calls]))


def _long_calls(student: Sized, reference: Sized, number: int) -> tuple[float, float]:
    """Seconds of one long call of each, in alternating order."""
    order = (student, reference) if number % 2 == 0 else (reference, student)
    first, second = (each.program(each.long) for each in order)
    return (first, second) if order[0] is student else (second, first)


def ratio_of(seconds: Sequence[tuple[float, float]]) -> float:
    """The median of the student's speeds in units of the reference's."""
    return float(np.median([r / s for s, r in seconds]))
