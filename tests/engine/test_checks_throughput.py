import collections

import numpy as np
import pytest

from autograder.checks.throughput import ThroughputError, Timed, bootstrap_median, compare, compare_calls


class Machine:
    """A clock that only moves when a program runs: seconds are what the programs say, with noise."""

    def __init__(self, noise=0.02, seed=0):
        self.now = 0.0
        self.noise = noise
        self.rng = np.random.default_rng(seed)

    def clock(self):
        return self.now

    def program(self, per_step, call=0.01, first=0.0, calls_slow=0, answer=lambda k: np.arange(k)):
        done = {"calls": 0}

        def run(k):
            done["calls"] += 1
            extra = first if done["calls"] <= calls_slow else 0.0
            self.now += call + (extra + k * per_step) * float(np.exp(self.noise * self.rng.normal()))
            return answer(k)

        run.done = done
        return run


def test_the_ratio_is_that_of_the_steps_and_not_of_the_calls():
    machine = Machine()
    slow_call = machine.program(0.002, call=0.5)
    result = compare(slow_call, machine.program(0.001), 0.4, clock=machine.clock)
    assert result.ok
    assert result.ratio == pytest.approx(0.5, rel=0.05)
    assert result.low <= result.ratio <= result.high
    assert len(result.pairs) >= 9
    assert result.per_second == pytest.approx(500, rel=0.1)
    assert not compare(slow_call, machine.program(0.001), 0.6, clock=machine.clock).ok


def test_a_program_against_itself():
    machine = Machine(noise=0.02)
    ratios = [
        compare(machine.program(0.001), machine.program(0.001), 0.5, clock=machine.clock).ratio
        for _ in range(40)
    ]
    assert min(ratios) > 0.93
    assert max(ratios) < 1.07


def test_tracing_is_over_before_anything_is_measured():
    machine = Machine()
    traced = machine.program(0.001, first=5.0, calls_slow=8)
    assert compare(traced, machine.program(0.001), 0.9, clock=machine.clock).ratio == pytest.approx(
        1, rel=0.1
    )


def test_more_pairs_are_measured_when_it_is_close():
    machine, calm = Machine(noise=0.2), Machine(noise=0.005)
    close = compare(machine.program(0.001), machine.program(0.001), 1.0, clock=machine.clock)
    far = compare(machine.program(0.001), machine.program(0.001), 0.1, clock=machine.clock)
    clear = compare(calm.program(0.001), calm.program(0.001), 0.1, clock=calm.clock)
    assert 9 <= len(clear.pairs) < 30
    assert 100 < len(far.pairs) < len(close.pairs) <= 1000
    assert far.high - far.low <= 0.06 * far.ratio


def test_no_more_pairs_are_measured_than_are_allowed():
    machine = Machine(noise=0.2)
    few = compare(machine.program(0.001), machine.program(0.001), 1.0, max_pairs=5, clock=machine.clock)
    assert len(few.pairs) == 5


def test_a_measurement_that_drags_on_ends_with_what_is_known():
    machine = Machine(noise=0.5)
    slow = compare(machine.program(2.0), machine.program(2.0), 1.0, clock=machine.clock)
    assert len(slow.pairs) == 9


@pytest.mark.parametrize("per_step", [1e-5, 1e-3, 3.0])
def test_the_short_call_has_a_tenth_of_the_steps_where_they_are_many(per_step):
    machine = Machine()
    asked = []
    program = machine.program(per_step, call=0.002)
    result = compare(lambda k: (asked.append(k), program(k))[1], program, 0.5, clock=machine.clock)
    assert set(asked[-40:]) == {result.steps, max(1, result.steps // 10)}
    assert result.steps >= 3


def test_wrong_answers_end_the_measurement():
    machine = Machine()
    cheat = machine.program(0.0001, answer=lambda k: np.zeros(1))

    def verify(answer, k):
        return "" if len(answer) == k else f"There should be {k} losses."

    result = compare(cheat, machine.program(0.001), 0.5, verify=verify, clock=machine.clock)
    assert not result.ok
    assert not result.correct
    assert "losses" in result.sentence
    assert np.isnan(result.ratio)
    assert cheat.done["calls"] == 1


def test_an_answer_that_turns_wrong_later_is_seen():
    machine = Machine()
    served = []

    def cached(k):
        served.append(k)
        return machine.program(0.001)(k if len(served) < 20 else 1)

    def verify(answer, k):
        return "" if len(answer) == k else "stale"

    assert not compare(cached, machine.program(0.001), 0.5, verify=verify, clock=machine.clock).correct


def test_work_that_takes_no_time_is_no_record():
    machine = Machine()
    result = compare(machine.program(0.0), machine.program(0.001), 0.5, clock=machine.clock)
    assert (result.ok, result.correct) == (False, True)
    assert "More steps take your program no longer" in result.sentence


def test_a_reference_that_cannot_be_measured_says_nothing_about_the_student():
    machine = Machine()
    with pytest.raises(ThroughputError, match="the reference no measurable time"):
        compare(machine.program(0.001), machine.program(0.0), 0.5, clock=machine.clock)


@pytest.mark.parametrize("slower", [1 / 1000, 1000])
def test_a_program_may_be_a_thousand_times_slower_or_faster(slower):
    machine = Machine()
    result = compare(machine.program(1e-4 * slower), machine.program(1e-4), 0.5, clock=machine.clock)
    assert result.ratio == pytest.approx(1 / slower, rel=0.05)
    assert machine.now < 120


def padded(machine, per_step, leave=0.004):
    """Does its work, and in short calls wastes all but `leave` seconds of what a long one takes."""
    recent = collections.deque(maxlen=6)

    def run(k):
        recent.append(k)
        work, longest = per_step * k, per_step * max(recent)
        machine.now += 0.002 + (work if k == max(recent) else max(work, longest - leave))
        return np.arange(k)

    return run


@pytest.mark.parametrize("slower", [4, 10])
def test_time_wasted_in_short_calls_makes_nobody_fast(slower):
    machine = Machine(noise=0.005)
    reference = machine.program(4e-4, call=0.002)
    result = compare(padded(machine, slower * 4e-4), reference, 0.4, clock=machine.clock)
    assert not result.ok
    assert result.ratio == pytest.approx(1 / slower, rel=0.15)
    assert "all the time" in result.sentence
    assert machine.now < 10


@pytest.mark.parametrize(
    ("slower", "overhead"), [(1, 0.005), (1, 0.05), (1.7, 0.005), (1.7, 0.02), (1.8, 0.05)]
)
def test_an_overhead_of_each_call_costs_a_right_program_nothing(slower, overhead):
    machine = Machine(noise=0.005)
    reference = machine.program(4e-4, call=0.002)
    student = machine.program(slower * 4e-4, call=0.002 + overhead)
    result = compare(student, reference, 0.5, clock=machine.clock)
    assert result.ok
    assert result.ratio == pytest.approx(1 / slower, rel=0.05)


def test_calls_are_longer_only_where_that_decides():
    machine = Machine(noise=0.005)
    asked = []
    reference = machine.program(4e-4, call=0.005)
    result = compare(lambda k: (asked.append(k), reference(k))[1], reference, 0.5, clock=machine.clock)
    assert result.ok
    assert max(asked[-2 * len(result.pairs) :]) == result.steps


class SharedDevice(Machine):
    """A device that works off what a student's call has left behind while it serves the reference's calls."""

    def __init__(self, slowed, noise=0.005):
        super().__init__(noise)
        self.slowed, self.busy, self.ended, self.student_calls = slowed, False, [], 0

    def student(self, per_step, call=0.002):
        program = self.program(per_step, call)

        def run(k):
            assert not self.ended
            self.busy, self.student_calls = True, self.student_calls + 1
            return program(k)

        return run

    def reference(self, per_step, call=0.002):
        plain, beside = self.program(per_step, call), self.program(self.slowed * per_step, self.slowed * call)
        return lambda k: (beside if self.busy else plain)(k)

    def end_student(self):
        self.busy = False
        self.ended.append(self.student_calls)


@pytest.mark.parametrize("slower", [3, 8])
def test_a_program_that_slows_the_reference_down_is_compared_with_the_reference_alone(slower):
    device = SharedDevice(slowed=slower)
    student, reference = device.student(slower * 4e-4), device.reference(4e-4)
    unseen = compare(student, reference, 0.5, clock=device.clock)
    assert unseen.ratio == pytest.approx(1, rel=0.05)
    result = compare(student, reference, 0.5, clock=device.clock, end_student=device.end_student)
    assert (result.ok, result.correct) == (False, True)
    assert result.ratio == pytest.approx(1 / slower, rel=0.1)
    assert result.high < 0.5
    assert "goes on when its calls are over" in result.sentence
    assert device.ended == [device.student_calls]


def test_a_program_that_slows_the_reference_and_wastes_time_in_short_calls_gains_by_neither():
    device = SharedDevice(slowed=2)
    slow = padded(device, 6 * 4e-4)

    def student(k):
        device.busy = True
        return slow(k)

    reference = device.reference(4e-4)
    result = compare(student, reference, 0.5, clock=device.clock, end_student=device.end_student)
    assert not result.ok
    assert result.ratio < 0.35


@pytest.mark.parametrize("slower", [1, 1.7])
def test_the_pairs_of_a_program_that_leaves_nothing_behind_count(slower):
    device = SharedDevice(slowed=1.1)
    student, reference = device.student(slower * 4e-4), device.reference(4e-4)
    result = compare(student, reference, 0.5, clock=device.clock, end_student=device.end_student)
    assert result.ok
    assert result.ratio == pytest.approx(1.1 / slower, rel=0.05)
    assert device.ended == [device.student_calls]


def test_a_slow_program_is_ended_too_and_one_with_wrong_answers_is_not():
    device = SharedDevice(slowed=1)
    student, reference = device.student(4e-3), device.reference(4e-4)
    assert not compare(student, reference, 0.5, clock=device.clock, end_student=device.end_student).ok
    assert device.ended == [device.student_calls]
    device = SharedDevice(slowed=1)
    student, reference = device.student(4e-4), device.reference(4e-4)
    wrong = compare(
        student,
        reference,
        0.5,
        verify=lambda answer, k: "wrong",
        clock=device.clock,
        end_student=device.end_student,
    )
    assert not wrong.correct
    assert device.ended == []


def test_a_reference_whose_steps_take_no_time_alone_says_nothing_about_the_student():
    device = SharedDevice(slowed=1)
    reference, student = device.reference(4e-4), device.student(4e-4)

    def spoilt(k):
        if device.ended:
            device.now += 0.02
        else:
            reference(k)

    with pytest.raises(ThroughputError, match="too busy"):
        compare(student, spoilt, 0.5, clock=device.clock, end_student=device.end_student)


@pytest.mark.parametrize("jitter", [0.0, 1e-4, 0.005, 0.02])
def test_a_program_whose_steps_take_no_time_any_more_is_not_ok(jitter):
    machine = Machine()
    calls = []

    def spoiler(k):
        calls.append(k)
        machine.now += k * 1e-4 if len(calls) < 90 else 0.02 + jitter * machine.rng.uniform()
        return np.arange(k)

    result = compare(spoiler, machine.program(4e-4), 0.5, clock=machine.clock)
    assert (result.ok, result.correct) == (False, True)
    assert "More steps take your program no longer" in result.sentence


def test_a_reference_whose_steps_take_no_time_any_more_says_nothing_about_the_student():
    machine = Machine()
    calls = []

    def spoilt(k):
        calls.append(k)
        machine.now += k * 4e-4 if len(calls) < 80 else 0.02

    with pytest.raises(ThroughputError, match="too busy"):
        compare(machine.program(4e-4), spoilt, 0.5, clock=machine.clock)


class BusyMachine(Machine):
    """A machine on which other work comes in bursts and slows everything down while it lasts."""

    def __init__(self, seed, slow=0.55):
        super().__init__(noise=0.01, seed=seed)
        self.slow, self.busy, self.until = slow, False, 0.0

    def program(self, per_step, call=0.0006):
        def run(k):
            work = call + k * per_step * float(np.exp(self.noise * self.rng.normal()))
            while work > 1e-12:
                if self.now >= self.until:
                    self.busy, self.until = not self.busy, self.now + self.rng.uniform(0.005, 0.08)
                speed = self.slow if self.busy else 1.0
                passed = min(work / speed, self.until - self.now)
                self.now += passed
                work -= passed * speed

        return run


def test_bursts_of_other_work_do_not_decide_the_ratio():
    ratios = []
    for seed in range(40):
        machine = BusyMachine(seed)
        ratios.append(compare(machine.program(5e-4), machine.program(5e-4), 0.5, clock=machine.clock).ratio)
    assert min(ratios) >= 0.93
    assert max(ratios) <= 1.07


class CachingMachine(Machine):
    """A machine on which a program that runs twice in a row finds its data in the caches the second time."""

    last = ""

    def program(self, name, per_step=1e-4, call=0.0006):
        def run(k):
            self.now += call + k * per_step * (0.7 if self.last == name else 1.0)
            self.last = name

        return run


def test_the_order_of_calls_does_not_decide_the_ratio():
    machine = CachingMachine()
    result = compare(machine.program("mine"), machine.program("reference"), 0.5, clock=machine.clock)
    assert result.ratio == pytest.approx(1, rel=0.02)
    assert (min(result.pairs), max(result.pairs)) == pytest.approx((1, 1), rel=0.1)


def test_what_a_program_raises_passes_through():
    def broken(k):
        raise LookupError("no function run_steps")

    with pytest.raises(LookupError):
        compare(broken, broken, 0.5, clock=Machine().clock)


def test_a_program_may_know_better_how_long_its_work_took():
    machine = Machine()

    def timed(per_step):
        program = machine.program(0.001)

        def run(k):
            return Timed(program(k), 0.002 + k * per_step)

        return run

    seen = []

    def verify(answer, k):
        seen.append(len(answer) == k)
        return ""

    result = compare(timed(0.002), timed(0.001), 0.4, verify=verify, clock=machine.clock)
    assert result.ratio == pytest.approx(0.5, rel=1e-6)
    assert seen
    assert all(seen)


def test_whole_calls():
    machine = Machine()
    student, reference = machine.program(0.4), machine.program(0.1)
    result = compare_calls(lambda: student(1), lambda: reference(1), 0.05, clock=machine.clock)
    assert result.ok
    assert result.ratio == pytest.approx(0.11 / 0.41, rel=0.1)
    with pytest.raises(ThroughputError):
        compare_calls(lambda: None, lambda: None, 0.05, clock=machine.clock)


def test_the_bootstrap_covers_the_median():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        low, high = bootstrap_median(rng.normal(1, 0.1, 15), 0.95)
        covered += low <= 1 <= high
    assert covered >= 180
    assert bootstrap_median([1.0, 2.0, 3.0]) == bootstrap_median([1.0, 2.0, 3.0])
