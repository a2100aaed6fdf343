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
LINEAR = 1e-3  # of the largest change of a hidden unit; float32 leaves 1e-6 of an affine one
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
    """DIAGNOSIS names what is wrong with script {script}."""
    found = student.get("DIAGNOSIS")
    plain = found.value() if isinstance(found, Handle) else found  # an OrderedDict, say
    given = answers.dictionary(plain, what="DIAGNOSIS")
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
    networks: list[_Network] = []

    def run(seed: int) -> tuple[int, int]:
        if networks and networks[0].state.accuracy < wanted.hopeless:
            early = repair.trained(seed, max(task.epochs // 3, 1)).state
            if early.accuracy < wanted.hopeless:
                return _counted(early)
        networks.append(repair.trained(seed, task.epochs))
        return _counted(networks[-1].state)

    verdict = accuracy.decide(run, wanted.value, seeds, spread=wanted.spread)
    _record(verdict, wanted, measure)
    state = networks[0].state
    start = _start(repair, script, seeds[0])
    value = indicator(script, state, start) if start is not None else float("nan")
    if script > 1:
        measure.figure(TITLES[script], float(f"{value:.4g}") if np.isfinite(value) else "not finite")
    _draw(repair, script, seeds[0], state, start, mnist.embedded, measure)
    _expect_health(networks[0], script, start, task.x_test[:64])
    _expect_the_same_start(repair, start, seeds[0])
    expect(verdict.ok, verdict.sentence, _hint(verdict.estimate))


class _Network:
    """What one training gave back: the weights as arrays, the functions still in the student's process."""

    def __init__(self, student: Student, name: str, parts: list[object], task: DigitTask) -> None:
        self._student = student
        self._name = name
        weights = parts[0].value() if isinstance(parts[0], Handle) else parts[0]
        self.weights = answers.arrays(weights, SHAPES, FLOATS, what=f"the weights of {name}")
        hidden, predict = parts[1], parts[2]
        if not isinstance(hidden, Handle) or not isinstance(predict, Handle):
            raise BadAnswer(f"The answer of {name}: hidden and predict must be functions.")
        self._hidden, self._predict = hidden, predict
        self.state = State(
            weights=self.weights,
            hidden=self.hidden(task.x_test[:LOOKED_AT]),
            guess=self.guess(task.x_test),
            truth=task.y_test,
        )

    def hidden(self, x: Array) -> Array:
        """The hidden units for images uint8 [m, 784]: float [m, 128], finite."""
        found = either(self._student, lambda: self._hidden.function().value(x))
        return answers.array(found, (len(x), 128), FLOATS, what=f"the hidden units of {self._name}")

    def guess(self, x: Array) -> Array:
        """The classes predicted for images uint8 [m, 784]: int64 [m]."""
        found = either(self._student, lambda: self._predict.function().value(x))
        return answers.integers(found, (len(x),), what=f"the classes that predict of {self._name} gives")


class _Repair:
    """One of the student's repairs, and how it is asked."""

    def __init__(self, student: Student, script: int, task: DigitTask) -> None:
        self.name = f"fix_{script}"
        self.task = task
        self._student = student

    def trained(self, seed: int, epochs: int, n: int | None = None) -> _Network:
        """The network after training on the first `n` images, asked about the images held back."""
        x, y = self.task.x_train[:n], self.task.y_train[:n]
        function = self._student.function(self.name)
        found = either(self._student, lambda: function.parts(x, y, seed, epochs))
        parts = answers.listing(found, 3, what=f"the answer of {self.name}")
        return _Network(self._student, self.name, parts, self.task)


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
        return repair.trained(seed, 0).weights
    except StudentError:
        if script == 4:
            raise
        return None


def _expect_the_same_start(repair: _Repair, start: list[Array] | None, seed: int) -> None:
    """Otherwise how far a training has moved the weights would not be known either."""
    if start is None:
        return
    again = repair.trained(seed, 0).weights
    expect(
        all(np.allclose(a, b, rtol=0, atol=1e-6, equal_nan=True) for a, b in zip(start, again, strict=True)),
        "With epochs=0 and the same seed, the network starts with other weights each time.",
        "All random numbers should come from generators that the seed decides.",
    )


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
        early = repair.trained(seed, 1, n).state
    except StudentError:
        return
    yours = [(float(n), indicator(script, early, start)), (float(task.seen), indicator(script, state, start))]
    seen = [share * task.seen for share in SEEN]
    drawing = pictures.indicators(TITLES[script], seen, known.healthy, known.ill, yours)
    caption = f"{TITLES[script].capitalize()} while the script trains: healthy, as found, and in your repair."
    measure.picture("indicator", drawing, caption)


def _expect_health(network: _Network, script: int, start: list[Array] | None, images: Array) -> None:
    state = network.state
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
        _expect_finite_on_white(network)
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
    _expect_nonlinear(network, images)


def _expect_nonlinear(network: _Network, images: Array) -> None:
    """Accuracy alone does not tell a network without an activation from one with a slow one.

    Hidden units of such a network are affine in the pixels: for images a and b that are bright at different places,
    h(a + b) + h(0) = h(a) + h(b), whatever the scaling.
    """
    a, b = images[:32].copy(), images[32:].copy()
    a[:, ::2] = 0
    b[:, 1::2] = 0
    h = network.hidden(np.concatenate([a, b, a + b, np.zeros_like(a)])).astype(np.float64)
    of_a, of_b, of_both, of_none = np.split(h, 4)
    bent = float(np.abs(of_both + of_none - of_a - of_b).max())
    expect(
        bent > LINEAR * float(np.abs(h - of_none[0]).max()),
        "The hidden units have no activation: the network is linear.",
        "A linear network has no dead or saturated units, but it is another network. Keep an activation.",
    )


def _expect_finite_on_white(network: _Network) -> None:
    white = np.full((3, 784), 255, np.uint8)
    hidden = network.hidden(white)
    _, _, w2, b2 = network.weights
    with np.errstate(all="ignore"):
        logits = hidden.astype(np.float32) @ w2.astype(np.float32) + b2.astype(np.float32)
    expect(bool(np.isfinite(logits).all()), "The logits of white images, all pixels 255, are not finite.")
    guess = network.guess(white)
    if not ((guess >= 0) & (guess < 10)).all():
        raise Failed("For white images, all pixels 255, predict gives what is no class.")


def _hint(estimate: float) -> str:
    if estimate < 0.25:
        return "That is guessing, as before the repair."
    return "Part of the network does not learn, or too slowly. Does TensorBoard still show the old sign?"
