"""DIAGNOSIS and the five repairs: a repaired script learns, and its illness is gone.

Thresholds of the accuracy: ass2_thresholds.json, made by benchmarks/calibrate_ass2.py.
"""

from __future__ import annotations

import re

import ass2_pictures as pictures
import numpy as np
import pytest
from ass2_ask import either
from ass2_digits import DigitTask, digit_task
from ass2_indicators import TITLES, State, dead, indicator
from ass2_thresholds import SEEN, Threshold, curves, threshold

from autograder.checks import accuracy, training_health
from autograder.grading.context import Data
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed, expect
from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.errors import BadAnswer, StudentError

Array = np.ndarray
FLOATS = ("float32", "float64")
SHAPES = ((784, 128), (128,), (128, 10), (10,))
MOVED = 0.01  # of W1, relative to where it began; healthy about .4
AGREEING = 0.98  # of predictions that follow from hidden units, W2 and b2
LOOKED_AT = 2000  # images whose hidden units are looked at
CODES = {
    1: {"mismatched-labels"},
    2: {"dead-units"},
    3: {"overflow"},
    4: {"blocked-gradient"},
    5: {"saturation"},
}
ALL = (
    *(code for codes in CODES.values() for code in codes),
    *("sorted-data", "vanishing-gradient", "learning-rate", "relu-on-logits", "constant-weights"),
)


@pytest.mark.item("diagnosis")
@pytest.mark.parametrize("script", CODES)
def test_diagnosis(script: int, student: Student, measure: Measure) -> None:
    """DIAGNOSIS names what is wrong with the script."""
    given = answers.dictionary(student.get("DIAGNOSIS"), what="DIAGNOSIS")
    code = given.get(script, given.get(str(script)))
    expect(code is not None, f"DIAGNOSIS says nothing about script {script}.")
    expect(isinstance(code, str), f"DIAGNOSIS[{script}] is no text: one of the ten codes is asked for.")
    word = re.sub(r"[\s_]+", "-", str(code)[:100].strip().lower())
    expect(
        word in ALL,
        f"DIAGNOSIS[{script}] is none of the ten codes.",
        "Copy a code from the table as it stands.",
    )
    measure.figure(f"script {script}", word)
    expect(
        word in CODES[script],
        f"“{word}” is not what is wrong with script {script}.",
        "What would TensorBoard show if it were? Compare with what it shows.",
    )


@pytest.mark.budget(120)
@pytest.mark.parametrize("script", [pytest.param(k, marks=pytest.mark.item(f"fix-{k}")) for k in CODES])
def test_fix(script: int, student: Student, rng: np.random.Generator, data: Data, measure: Measure) -> None:
    """The repaired script trains the same network, recognises unseen digits, and its illness is gone."""
    mnist = data["mnist"]
    task = digit_task(mnist, rng)
    repair = _Repair(student, script, task)
    seeds = [int(seed) for seed in rng.choice(2**31 - 1, size=3, replace=False)]
    wanted = threshold(mnist.embedded)
    states: list[State] = []

    def run(seed: int) -> tuple[int, int]:
        if states and states[-1].accuracy < wanted.hopeless:
            early = repair.trained(seed, max(task.epochs // 3, 1))
            if early.accuracy < wanted.hopeless:
                return _counted(early)
        states.append(repair.trained(seed, task.epochs))
        return _counted(states[-1])

    verdict = accuracy.decide(run, wanted.value, seeds, spread=wanted.spread)
    _record(verdict, wanted, measure)
    state = states[0]
    start = _start(repair, script, seeds[0])
    value = indicator(script, state, start) if start is not None else float("nan")
    if script > 1:
        measure.figure(TITLES[script], float(f"{value:.4g}") if np.isfinite(value) else "not finite")
    _draw(repair, script, seeds[0], state, start, mnist.embedded, measure)
    _expect_health(repair, script, state, start)
    expect(verdict.ok, verdict.sentence, _hint(verdict.estimate))


class _Repair:
    """One of the student's repairs, and how it is asked."""

    def __init__(self, student: Student, script: int, task: DigitTask) -> None:
        self.name = f"fix_{script}"
        self.task = task
        self._student = student
        self._functions: tuple[Handle, ...] = ()  # hidden and predict of the last network

    def trained(self, seed: int, epochs: int, n: int | None = None) -> State:
        """The network after training on the first `n` images, asked about the images held back."""
        task = self.task
        parts = self._parts(task.x_train[:n], task.y_train[:n], seed, epochs)
        weights = self._weights(parts[0])
        hidden, predict = parts[1], parts[2]
        if not isinstance(hidden, Handle) or not isinstance(predict, Handle):
            raise BadAnswer(f"The answer of {self.name}: hidden and predict must be functions.")
        self._functions = hidden, predict
        return State(
            weights=weights,
            hidden=self.hidden(task.x_test[:LOOKED_AT]),
            guess=self.guess(task.x_test),
            truth=task.y_test,
        )

    def start(self, seed: int) -> list[Array]:
        """The untrained weights."""
        return self._weights(self._parts(self.task.x_train, self.task.y_train, seed, 0)[0])

    def hidden(self, x: Array) -> Array:
        """What the hidden units of the last network give: float [m, 128], finite."""
        found = either(self._student, lambda: self._functions[0].function().value(x))
        return answers.array(found, (len(x), 128), FLOATS, what=f"the hidden units of {self.name}")

    def guess(self, x: Array) -> Array:
        """What the last network predicts: int64 [m]."""
        found = either(self._student, lambda: self._functions[1].function().value(x))
        return answers.integers(found, (len(x),), what=f"the classes that predict of {self.name} gives")

    def _parts(self, x: Array, y: Array, seed: int, epochs: int) -> list[object]:
        function = self._student.function(self.name)
        found = either(self._student, lambda: function.parts(x, y, seed, epochs))
        return answers.listing(found, 3, what=f"the answer of {self.name}")

    def _weights(self, found: object) -> list[Array]:
        values = found.value() if isinstance(found, Handle) else found
        return answers.arrays(values, SHAPES, FLOATS, what=f"the weights of {self.name}")


def _counted(state: State) -> tuple[int, int]:
    return int((state.guess == state.truth).sum()), len(state.truth)


def _record(verdict: accuracy.Verdict, wanted: Threshold, measure: Measure) -> None:
    measure.figure(
        "accuracy",
        round(verdict.accuracies[0], 4),
        low=round(verdict.interval.low, 4),
        high=round(verdict.interval.high, 4),
        threshold=wanted.value,
    )
    measure.figure("trainings", len(verdict.runs))


def _start(repair: _Repair, script: int, seed: int) -> list[Array] | None:
    """Untrained weights. Only the fourth repair is judged by them; for the others they are for the picture."""
    try:
        return repair.start(seed)
    except StudentError:
        if script == 4:
            raise
        return None


def _draw(
    repair: _Repair,
    script: int,
    seed: int,
    state: State,
    start: list[Array] | None,
    embedded: bool,
    measure: Measure,
) -> None:
    """The indicator at a few points of the training, beside that of a healthy and of the ill script."""
    if start is None:
        return
    task, known = repair.task, curves(script, embedded)
    n = round(SEEN[1] * task.seen)
    try:
        early = repair.trained(seed, 1, n)
    except StudentError:
        return
    yours = [(float(n), indicator(script, early, start)), (float(task.seen), indicator(script, state, start))]
    seen = [share * task.seen for share in SEEN]
    drawing = pictures.indicators(TITLES[script], seen, known.healthy, known.ill, yours)
    caption = f"{TITLES[script].capitalize()} while the script trains: healthy, as found, and in your repair."
    measure.picture("indicator", drawing, caption)


def _expect_health(repair: _Repair, script: int, state: State, start: list[Array] | None) -> None:
    agreeing = float(np.mean(np.argmax(state.logits, axis=1) == state.guess[: len(state.hidden)]))
    expect(
        agreeing >= AGREEING,
        f"predict does not follow from the network: {100 * agreeing:.0f} % of its answers are the largest entries of "
        "hidden(x) @ W2 + b2.",
        "Return the weights and hidden units of the network that predicts.",
    )
    if script == 2:
        units = dead(state.hidden)
        expect(
            units.ok,
            units.sentence,
            "A unit that gives the same for every input tells the next layer nothing.",
        )
    elif script == 3:
        _expect_finite_on_white(repair, state)
    elif script == 4 and start is not None:
        moved = indicator(4, state, start)
        expect(
            moved > MOVED,
            f"Training moves W1 by {100 * moved:.1f} % of its size: the first layer still learns nothing.",
            "Compare the weights before training, with epochs=0, and after it.",
        )
    elif script == 5:
        flat = training_health.saturation(state.hidden)
        expect(flat.ok, flat.sentence, "How large are the sums that go into the activation?")


def _expect_finite_on_white(repair: _Repair, state: State) -> None:
    white = np.full((3, 784), 255, np.uint8)
    hidden = repair.hidden(white)
    _, _, w2, b2 = state.weights
    with np.errstate(all="ignore"):
        logits = hidden.astype(np.float32) @ w2.astype(np.float32) + b2.astype(np.float32)
    expect(bool(np.isfinite(logits).all()), "The logits of white images, all pixels 255, are not finite.")
    guess = repair.guess(white)
    if not ((guess >= 0) & (guess < 10)).all():
        raise Failed("For white images, all pixels 255, predict gives what is no class.")


def _hint(estimate: float) -> str:
    if estimate < 0.25:
        return "That is guessing, as before the repair."
    if estimate < 0.87:
        return "Part of the network does not learn. Does TensorBoard still show the old sign?"
    return (
        "A linear model gets that far. Does the hidden layer keep its activation, and does every layer learn?"
    )
