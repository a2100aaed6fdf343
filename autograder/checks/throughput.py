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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Timed:
    """What a program may return where another clock than the caller's tells how long its work took."""

    answer: object
    seconds: float


class ThroughputError(RuntimeError):
    """This machine or the reference did not allow a measurement; nothing is said about the student."""


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
) -> Throughput:
    """Measure `student(k)` against `reference(k)`; both do k steps and return when they are done.

    `verify(answer, k)` returns "" for a right answer of the student's, else a sentence. `items_per_step`
    (samples of a batch) only scales the speeds that are shown; `steps` are those of the first calls, before it is known
    how long they take. A student's program that takes no longer for more steps is not `ok`. What the programs raise
    passes through. Raises ThroughputError if the reference takes no measurable time, or the machine is too busy.
    """
    named = dict(environment or {})

    def checked(k: int) -> float:
        seconds, answer = _timed(student, k, clock)
        problem = verify(answer, k)
        if problem:
            raise _WrongAnswer(problem)
        return seconds

    def plain(k: int) -> float:
        return _timed(reference, k, clock)[0]

    try:
        checked(steps)
        for program in (checked, plain):
            _warm_up(program, steps, clock)
        mine, theirs = _sized(checked, steps), _reference_sized(plain, steps)
        slopes = _measured(mine, theirs, threshold, pairs, max_pairs, precision, confidence, clock)
        counts = [(s.slope, r.slope) for s, r in slopes]
        how = ""
        if _ratio(counts) >= threshold:
            longest, whole = _whole_calls(mine, theirs, slopes, threshold)
            if _ratio(whole) < threshold:
                mine, counts, how = longest, whole, ", by all the time that a call of it takes"
    except (_WrongAnswer, _NoWork) as problem:
        correct = not isinstance(problem, _WrongAnswer)
        return _without_ratio(correct, confidence, threshold, steps, str(problem), named)
    ratio, ratios = _ratio(counts), [r / s for s, r in counts]
    low, high = bootstrap_median(ratios, confidence)
    seconds, reference_seconds = (float(np.median([pair[i] for pair in counts])) for i in (0, 1))
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
        steps=mine.long,
        sentence=_sentence(ratio, threshold, how),
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
            seconds[which] = _timed(lambda _: (student, reference)[which](), 1, clock)[0]  # noqa: B023
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


class _WrongAnswer(Exception):
    """The student's answer is wrong; the text says how."""


class _NoWork(Exception):
    """More steps take the student's program no longer."""

    def __str__(self) -> str:
        return "More steps take your program no longer: the work has to be done when the function is called."


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


def _timed(program: Program, k: int, clock: Clock) -> tuple[float, object]:
    start = clock()
    answer = program(k)
    if isinstance(answer, Timed):
        return answer.seconds, answer.answer
    return clock() - start, answer


def _warm_up(program: Callable[[int], float], k: int, clock: Clock) -> None:
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


def _reference_sized(program: Callable[[int], float], steps: int) -> _Sized:
    try:
        return _sized(program, steps)
    except _NoWork:
        raise ThroughputError(
            f"Even {MAX_STEPS} steps take the reference no measurable time: its work is not done when asked."
        ) from None


@dataclass(frozen=True)
class _Sized:
    """A program with the steps of its long and short calls: fast and slow ones are measured equally well and long."""

    program: Callable[[int], float]
    long: int

    @property
    def short(self) -> int:
        return max(1, self.long // SHORT)


def _sized(program: Callable[[int], float], steps: int) -> _Sized:
    """Find the steps whose work can be measured. Raises _NoWork where more steps take no longer."""
    steps = max(steps, LEAST_STEPS)
    while True:
        tried = _Sized(program, steps)
        times = [program(each) for _ in range(3) for each in (tried.short, tried.long)]
        work = min(times[1::2]) - min(times[::2])
        if work > 2 * LONG_WORK_S and steps > LEAST_STEPS:
            steps = max(LEAST_STEPS, int(steps * LONG_WORK_S / work))
        elif work >= LEAST_WORK_S:
            return tried
        elif steps >= MAX_STEPS:
            raise _NoWork
        else:
            steps *= 2 if work > LEAST_WORK_S / 4 else 4


@dataclass(frozen=True)
class _Calls:
    """Seconds of one short and one long call of a program."""

    sized: _Sized
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


def _measured(
    mine: _Sized,
    theirs: _Sized,
    threshold: float,
    pairs: int,
    max_pairs: int,
    precision: float,
    confidence: float,
    clock: Clock,
) -> list[tuple[_Calls, _Calls]]:
    """Pairs of student and reference, until they are enough. Raises _NoWork where the student's steps mostly take no
    time."""
    began = clock()
    found: list[tuple[_Calls, _Calls]] = []
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
        raise _NoWork
    return found


def _pair(student: _Sized, reference: _Sized, number: int) -> tuple[tuple[_Calls, _Calls], int]:
    """Calls of student and reference whose steps took time, and how many before in which the student's did not.

    Pairs alternate in their order, so that two of them are ABBA.
    """
    order = (student, reference) if number % 2 == 0 else (reference, student)
    idle = 0
    for _ in range(TRIES):
        short = [each.program(each.short) for each in order]
        long = [each.program(each.long) for each in order]
        first, second = (_Calls(*each) for each in zip(order, short, long, strict=True))
        mine, theirs = (first, second) if order[0] is student else (second, first)
        if min(mine.work_s, theirs.work_s) > IDLE_S:
            return (mine, theirs), idle
        if theirs.work_s > IDLE_S:
            idle += 1
    if idle > TRIES / 2:  # the reference could be measured
        raise _NoWork
    raise ThroughputError("More steps took no longer, again and again: the machine is too busy to measure.")


def _whole_calls(
    mine: _Sized, theirs: _Sized, measured: Sequence[tuple[_Calls, _Calls]], threshold: float
) -> tuple[_Sized, list[tuple[float, float]]]:
    """Seconds a step of student and reference by all the time of their calls, but for the reference's overhead.

    Of the long calls that were `measured`, or of longer ones for as long as these do not reach the threshold.
    """
    overhead = max(0.0, float(np.median([r.overhead_s for _, r in measured])))
    calls = [(s.long_s, r.long_s) for s, r in measured]
    hopeless = False
    while True:
        # The student's calls are never taken to be mostly overhead, which they may not even have.
        found = [
            (max(mine_s - overhead, mine_s / 2) / mine.long, max(theirs_s - overhead, 0.0) / theirs.long)
            for mine_s, theirs_s in calls
        ]
        mine_s, theirs_s = (float(np.median([pair[i] for pair in calls])) for i in (0, 1))
        too_long = mine_s * LONGER > LONGEST_CALL_S or mine.long * LONGER > MAX_STEPS
        if _ratio(found) >= threshold or hopeless or too_long:
            return mine, found
        shorter, shorter_s = mine.long, mine_s
        mine = _Sized(mine.program, mine.long * LONGER)
        if theirs_s < LONG_WORK_S:  # long enough to see the same of the machine
            theirs = _Sized(theirs.program, theirs.long * LONGER)
        calls = [_long_calls(mine, theirs, number) for number in range(WHOLE_CALLS)]
        added = [(s - shorter_s, (r - overhead) / theirs.long * (mine.long - shorter)) for s, r in calls]
        # An overhead does not grow with the steps: what the added ones take, no longer call makes up for.
        hopeless = min(s for s, _ in added) > LONG_WORK_S and _ratio(added) < HOPELESS * threshold


def _long_calls(student: _Sized, reference: _Sized, number: int) -> tuple[float, float]:
    """Seconds of one long call of each, in alternating order."""
    order = (student, reference) if number % 2 == 0 else (reference, student)
    first, second = (each.program(each.long) for each in order)
    return (first, second) if order[0] is student else (second, first)


def _ratio(seconds: Sequence[tuple[float, float]]) -> float:
    """The median of the student's speeds in units of the reference's."""
    return float(np.median([r / s for s, r in seconds]))


def _sentence(ratio: float, threshold: float, how: str = "") -> str:
    verdict = "That is enough." if ratio >= threshold else f"At least {threshold:g} times is asked for."
    return f"Your program runs at {ratio:.2f} times the speed of the reference{how}. {verdict}"
