"""Is this a recurrent network, and of which kind? Asked from outside, without knowing any weights.

`elman_form` judges one step by its form, tanh of something affine (Elman, Finding structure in time,
Cognitive Science 14, 1990): artanh of the new state must be affine in the input and the old state together.
With g = artanh(step), an affine g has no cross-difference, g(x,h) - g(x,h') - g(x',h) + g(x',h') = 0, and
takes the middle of two points to the middle of its values. How the weights are stored or multiplied makes no
difference. `state_weights` recovers the matrix by which the old state is multiplied.

`folded` judges a sequence as the iteration of steps, `directions` which steps an output depends on,
`rows_alone` whether the rows of a batch ignore each other, `taking_part` which weights have any effect.

Shapes: x [B, n_in], h [B, n_state], sequences [B, T, ...], states [B, T, n_state]. Answers of another shape
or with NaN differ by infinity; nothing is raised for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = Callable[[Array, Array], object]

TOLERANCE = 1e-4  # of the form, in units of the spread of artanh; float32 reaches about 1e-6
SEQUENCE_TOLERANCE = 1e-5  # of states in (-1, 1), whose float32 rounding is about 1e-7 a step
EPSILON = float(np.finfo(np.float32).eps)
FAR = 64.0  # x for which every tanh is nearly 1
_NUDGE = 0.5  # of one unit of the old state
HALF = 0.75  # how far the old state alone may bend the states of the probes
LOWEST, HIGHEST = 0.85, 0.96  # where the largest state of a probe should lie: bent, and not rounded to 1
INFLUENCE = 1e-6  # smaller changes are rounding


@dataclass(frozen=True)
class StepReport:
    """`cross` and `midpoint` are errors relative to the spread of artanh(step) over the probes; `of_input`
    and `of_state` how far artanh(step) moves with x and with h, in the same units; `largest` is the largest
    |state|."""

    ok: bool
    cross: float
    midpoint: float
    of_input: float
    of_state: float
    largest: float
    sentence: str


def elman_form(
    step: Step,
    n_in: int,
    n_state: int,
    rng: np.random.Generator,
    probes: int = 12,
    tolerance: float = TOLERANCE,
) -> StepReport:
    """Judge `step(x, h)` at random dense x and h; x is scaled until the largest state is clearly bent by
    tanh.

    `step` gets one batch of 6 x `probes` rows at a time, at most 23 times.
    """
    x = rng.normal(size=(2, probes, n_in))
    h = rng.uniform(-0.9, 0.9, size=(2, probes, n_state))
    xs = np.concatenate([x[0], x[0], x[1], x[1], (x[0] + x[1]) / 2, x[0]])
    hs = np.concatenate([h[0], h[1], h[0], h[1], (h[0] + h[1]) / 2, (h[0] + h[1]) / 2])
    states = _well_scaled(step, xs, hs, n_state)
    if states is None:
        sentence = f"One step should give a state of shape [B, H] with finite values, here H = {n_state}."
        return StepReport(False, np.inf, np.inf, 0.0, 0.0, np.inf, sentence)
    largest = float(np.abs(states).max())
    if largest > 1.0 + EPSILON:
        sentence = "A state leaves the interval from -1 to 1, so it is not the tanh of something."
        return StepReport(False, np.inf, np.inf, 0.0, 0.0, largest, sentence)
    ends = np.abs(states).max(axis=0)  # of each unit
    told = ends < 1.0  # artanh is infinite at 1 itself: there a bias holds a unit whatever it gets
    if not told.any():
        sentence = "Every state is 1 or -1 whatever the step gets, so no tanh of a weighted sum shows in it."
        return StepReport(False, np.inf, np.inf, 0.0, 0.0, largest, sentence)
    g = np.arctanh(states[:, told]).reshape(6, probes, -1)
    spread = np.abs(g - g.mean(axis=(0, 1))).max(axis=(0, 1))
    # artanh magnifies the rounding of a float32 state near 1 by 1 / (1 - state²).
    rounding = 8 * EPSILON * ends[told] / (1 - ends[told] ** 2)
    scale = max(float(spread.max()), np.finfo(np.float64).tiny)

    def relative(error: Array) -> float:
        return float(np.maximum(np.abs(error).max(axis=0) - rounding, 0.0).max()) / scale

    cross = relative(g[0] - g[1] - g[2] + g[3])
    midpoint = max(relative(g[4] - (g[0] + g[3]) / 2), relative(g[5] - (g[0] + g[1]) / 2))
    of_input, of_state = relative(g[0] - g[2]), relative(g[0] - g[1])
    ok = cross <= tolerance and midpoint <= tolerance and min(of_input, of_state) > tolerance
    return StepReport(
        ok, cross, midpoint, of_input, of_state, largest,
        _step_sentence(cross, midpoint, of_input, of_state, tolerance),
    )  # fmt: skip


@dataclass(frozen=True)
class StateWeights:
    """`matrix` [n_state, n_state]: what unit i of the old state adds inside the tanh of unit j of the new one, NaN
    where it cannot be told. `diagonal`: each unit hears only itself. `rank`: beyond what rounding makes."""

    matrix: Array
    diagonal: bool
    rank: int


def state_weights(step: Step, n_in: int, n_state: int) -> StateWeights:
    """The state weights of a step of Elman's form, from one batch of n_state + 1 rows without input.

    Weights may start as they like (the identity matrix is a known good start: Le, Jaitly and Hinton, A simple way to
    initialize recurrent networks of rectified linear units, 2015); a full matrix that has been trained a little is
    neither diagonal nor of rank one. A unit that stays at 1 or -1 tells nothing.
    """
    unknown = StateWeights(np.full((n_state, n_state), np.nan), False, n_state)
    h = np.concatenate([np.zeros((1, n_state)), _NUDGE * np.eye(n_state)]).astype(np.float32)
    states = _wide(step(np.zeros((n_state + 1, n_in), np.float32), h))
    if states.shape != h.shape or not np.isfinite(states).all():
        return unknown
    told = np.abs(states).max(axis=0) < 1.0 - 1e-3
    if told.sum() < min(n_state, 2):
        return unknown
    g = np.arctanh(states[:, told])
    found = (g[1:] - g[0]) / _NUDGE
    noise = 100 * EPSILON * max(1.0, float(np.abs(g).max())) / (1 - float(np.abs(states[:, told]).max()) ** 2)
    matrix = unknown.matrix.copy()
    matrix[:, told] = found
    others = ~np.eye(n_state, dtype=bool)[:, told]
    rank = int((np.linalg.svd(found, compute_uv=False) > noise * np.sqrt(found.size)).sum())
    return StateWeights(matrix, bool(np.abs(found[others]).max(initial=0.0) <= noise), rank)


@dataclass(frozen=True)
class FoldReport:
    """`worst` is the largest difference to the iterated steps, `by_step` [T] its course over time, and
    `first_wrong` the first step (from 1) beyond the tolerance, or None."""

    ok: bool
    worst: float
    by_step: tuple[float, ...]
    first_wrong: int | None
    sentence: str


def folded(
    states: object, step: Step, inputs: Array, start: Array, tolerance: float = SEQUENCE_TOLERANCE
) -> FoldReport:
    """`states` [B, T, H] against h_t = step(inputs[:, t], h_{t-1}), from `start` [B, H].

    The sentence names the usual mistakes: every step from the start state, steps in reverse order, time and
    batch exchanged. `step` is called T times, and T times more only where something is wrong.
    """
    expected = _fold(step, inputs, start)
    if expected is None:
        return FoldReport(False, np.inf, (), None, "Iterating one step gives no finite states of one shape.")
    found = _wide(states)
    right = _equal(found, expected, tolerance)
    if not right and found.ndim == 3 and _equal(found.transpose(1, 0, 2), expected, tolerance):
        sentence = "The axes of time and batch are exchanged in the states of a sequence."
        return FoldReport(False, np.inf, (), None, sentence)
    if found.shape != expected.shape or not np.isfinite(found).all():
        shape = " x ".join(map(str, expected.shape))
        sentence = f"The states of a sequence should be finite and of shape {shape}."
        return FoldReport(False, np.inf, (), None, sentence)
    by_step = np.abs(found - expected).max(axis=(0, 2))
    wrong = np.flatnonzero(by_step > tolerance)
    first = int(wrong[0]) + 1 if wrong.size else None
    sentence = "The states of a sequence are its steps, one after the other."
    if first is not None:
        named = _fold_mistake(found, step, inputs, start, tolerance)
        sentence = (
            f"From time step {first} on, the states differ from single steps done one after the other{named}."
        )
    return FoldReport(first is None, float(by_step.max()), tuple(map(float, by_step)), first, sentence)


@dataclass(frozen=True)
class Directions:
    """`matrix[i, j]` is how much output j moves when only input i changes. `forward`: some output depends on
    an earlier input; `backward`: on a later one; `present`: each output depends on its own input."""

    forward: bool
    backward: bool
    present: bool
    matrix: Array
    sentence: str

    @property
    def causal(self) -> bool:
        return not self.backward


def directions(
    run: Callable[[Array], object], inputs: Array, others: Array, least: float = INFLUENCE
) -> Directions:
    """Which time steps the outputs of `run(inputs [B, T, ...]) -> [B, T, ...]` depend on.

    Input i of every row is replaced by that of `others` (which must differ from it everywhere); all T
    replacements are asked for in one batch of (T + 1) x B rows.
    """
    count, steps = inputs.shape[:2]
    batch = np.concatenate([inputs[None], np.repeat(inputs[None], steps, axis=0)])
    for i in range(steps):
        batch[i + 1, :, i] = others[:, i]
    found = _wide(run(batch.reshape((-1, *inputs.shape[1:]))))
    if found.ndim < 2 or found.shape[:2] != (len(batch) * count, steps) or not np.isfinite(found).all():
        nothing = np.full((steps, steps), np.nan)
        return Directions(False, False, False, nothing, "There is not one finite output for every time step.")
    outputs = found.reshape(len(batch), count, steps, -1)
    matrix = np.abs(outputs[1:] - outputs[:1]).max(axis=(1, 3))
    forward = bool((np.triu(matrix, 1) > least).any())
    backward = bool((np.tril(matrix, -1) > least).any())
    present = bool((np.diag(matrix) > least).all())
    sentence = {
        (True, True): "Outputs depend on earlier and on later inputs.",
        (True, False): "Outputs depend on earlier inputs only.",
        (False, True): "Outputs depend on later inputs only.",
        (False, False): "Outputs depend on no other time step.",
    }[forward, backward]
    return Directions(forward, backward, present, matrix, sentence)


def rows_alone(run: Callable[[Array], object], inputs: Array, tolerance: float = SEQUENCE_TOLERANCE) -> float:
    """The largest difference between a row's answer alone, in the batch, and in the batch in reverse order.

    `run` maps [B, ...] to [B, ...]; 0 up to rounding for rows that ignore each other.
    """
    together = _wide(run(inputs))
    turned = _wide(run(inputs[::-1].copy()))
    if together.ndim == 0 or turned.shape != together.shape or len(together) != len(inputs):
        return float("inf")
    worst = _largest(turned[::-1] - together)
    for row in range(len(inputs)):
        alone = _wide(run(inputs[row : row + 1]))
        same = alone.shape == together[row : row + 1].shape
        worst = max(worst, _largest(alone - together[row : row + 1]) if same else np.inf)
        if worst > tolerance:
            break
    return float(worst)


@dataclass(frozen=True)
class Part:
    """How much the answers move when one weight array is disturbed."""

    name: str
    change: float
    takes_part: bool


def taking_part(
    run: Callable[[list[Array]], object],
    weights: Sequence[Array],
    rng: np.random.Generator,
    names: Sequence[str] = (),
    least: float = INFLUENCE,
) -> tuple[Part, ...]:
    """Which of a network's weight arrays take part in `run(weights)`, which may give arrays of any shape:
    each is replaced by a disturbed copy (noise of its own size, at least 0.1) while the others stay."""
    plain = [np.asarray(w, dtype=np.float32) for w in weights]
    before = _wide(run(plain))
    parts = []
    for number, weight in enumerate(plain):
        size = max(0.1, float(weight.std()) if weight.size else 0.0)
        noisy = (weight + rng.normal(0, size, weight.shape)).astype(np.float32)
        after = _wide(run([noisy if i == number else w for i, w in enumerate(plain)]))
        change = _largest(after - before) if after.shape == before.shape else float("inf")
        name = names[number] if number < len(names) else f"weight {number + 1}"
        parts.append(Part(name, change, change > least))
    return tuple(parts)


def _well_scaled(step: Step, xs: Array, hs: Array, n_state: int) -> Array | None:
    """States of the probes, or None if they are no states.

    First come inputs far too large: if a state leaves the interval, that is all there is to say. How far a unit is
    bent is counted from where it stands without input and state, in units of artanh, because a bias may hold it
    anywhere. h is made smaller until it alone bends no unit beyond HALF, and x is scaled until the unit that is bent
    most lies between LOWEST and HIGHEST, if it can.
    """

    def states_at(x_scale: float, h_scale: float) -> Array | None:
        found = _wide(step((x_scale * xs).astype(np.float32), (h_scale * hs).astype(np.float32)))
        good = found.shape == (len(xs), n_state) and np.isfinite(found).all()
        return found if good else None

    states, rest = states_at(FAR, 1.0), states_at(0.0, 0.0)
    if states is not None and np.abs(states).max() > 1.0 + EPSILON:
        return states
    if rest is None:
        return None
    middle = _artanh(rest)
    told = np.abs(rest).max(axis=0) < 1.0

    def bent(found: Array) -> float:
        return float(np.abs(_artanh(found) - middle)[:, told].max(initial=0.0))

    h_scale = 1.0
    for _ in range(6):
        states = states_at(0.0, h_scale)
        if states is None or bent(states) <= np.arctanh(HALF):
            break
        h_scale /= 2
    x_scale, factor, last = 1.0, 4.0, 0
    for _ in range(16):
        states = states_at(x_scale, h_scale)
        if states is None:
            return None
        way = 1 if bent(states) < np.arctanh(LOWEST) else -1 if bent(states) > np.arctanh(HIGHEST) else 0
        if way == 0:
            break
        factor = factor**0.5 if way == -last else factor
        x_scale, last = x_scale * factor**way, way
    return states


def _artanh(states: Array) -> Array:
    """Finite at 1 and -1, too: there it is what the last number before them gives."""
    bent: Array = np.arctanh(np.clip(states, EPSILON / 2 - 1, 1 - EPSILON / 2))
    return bent


def _step_sentence(cross: float, midpoint: float, of_input: float, of_state: float, tolerance: float) -> str:
    if of_state <= tolerance:
        return "The new state does not depend on the old one."
    if of_input <= tolerance:
        return "The new state does not depend on the input."
    if cross > tolerance:
        return "Input and old state are not simply added before the tanh: their effects are mixed otherwise."
    if midpoint > tolerance:
        return "What stands inside the tanh is not a weighted sum of the input and the old state."
    return "One step is the tanh of a weighted sum of input and old state."


def _fold(step: Step, inputs: Array, start: Array) -> Array | None:
    state = np.asarray(start, np.float32)
    states = []
    for t in range(inputs.shape[1]):
        found = _wide(step(inputs[:, t], state))
        if found.shape != np.shape(start) or not np.isfinite(found).all():
            return None
        states.append(found)
        state = found.astype(np.float32)
    return np.stack(states, axis=1)


def _fold_mistake(found: Array, step: Step, inputs: Array, start: Array, tolerance: float) -> str:
    resets = np.stack([_wide(step(inputs[:, t], start)) for t in range(inputs.shape[1])], axis=1)
    if _equal(found, resets, tolerance):
        return ": each step starts from the first state again"
    backwards = _fold(step, inputs[:, ::-1], start)
    if backwards is not None and any(_equal(found, b, tolerance) for b in (backwards, backwards[:, ::-1])):
        return ": the steps are done from the last to the first"
    return ""


def _equal(found: Array, expected: Array, tolerance: float) -> bool:
    return found.shape == expected.shape and _largest(found - expected) <= tolerance


def _wide(value: object) -> Array:
    """As float64; an array without dimensions, which equals nothing, where it is no numeric array."""
    if type(value) is not np.ndarray or value.dtype.kind not in "fiub":
        return np.asarray(np.nan)
    return value.astype(np.float64)


def _largest(difference: Array) -> float:
    size = float(np.abs(difference).max(initial=0.0))
    return size if np.isfinite(size) else float("inf")
