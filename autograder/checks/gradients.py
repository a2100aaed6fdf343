"""Are these the gradients? Against an oracle where there is one, against central differences where there is
none.

Error of a tensor: ‖g - o‖ / max(‖o‖, floor · max_j ‖o_j‖), Frobenius norms in float64 over the tensors j of
one answer. The floor keeps a tiny gradient (of saturated units, say) from being judged by a relative error
that only shows rounding.

Central differences: (f(p+h) - f(p-h)) / 2h differs from f'(p) by h²·|f'''|/6 and by the rounding of f,
ε·|f|/h. Both are measured, not assumed: the first by Richardson's comparison of steps h and 2h (their
difference is three times the truncation error at h), the second from the machine epsilon of the loss's dtype.
A coordinate where the two one-sided slopes differ by more than smoothness allows lies at a kink (of a ReLU,
say) and is skipped.

Sources: Nocedal and Wright, Numerical Optimization (2006), section 8.1; Richardson, Phil. Trans. A 210
(1911).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

TOLERANCE = 1e-3  # float32 gradients against a float64 oracle; rounding reaches 1e-5
FLOOR = 1e-2  # share of the largest norm below which relative errors mean nothing


class GradientError(ValueError):
    """The oracle's side cannot be compared with: not finite, not numeric, no tensors."""


@dataclass(frozen=True)
class TensorError:
    """One tensor's comparison. `error` is inf where shapes differ or entries are missing or not finite."""

    name: str
    shape: tuple[int, ...]
    error: float
    norm: float
    expected_norm: float
    problem: str = ""


@dataclass(frozen=True)
class Comparison:
    """`ok` if every tensor's error is within the tolerance; `worst` is the largest error."""

    ok: bool
    worst: float
    tolerance: float
    tensors: tuple[TensorError, ...]
    sentence: str


def compare(
    answer: object,
    oracle: Sequence[ArrayLike],
    names: Sequence[str] = (),
    *,
    tolerance: float = TOLERANCE,
    floor: float = FLOOR,
) -> Comparison:
    """Compare a student's list of gradients with the oracle's, tensor by tensor.

    `answer` should be a list of numeric arrays with the oracle's shapes in the oracle's order; anything else
    is a failed comparison with a sentence, never an exception. `names` are what students call the tensors.
    Raises GradientError if the oracle itself is unusable.
    """
    expected = [_oracle_array(o) for o in oracle]
    if not expected:
        raise GradientError("The oracle holds no tensors.")
    labels = list(names) or [f"gradient {i + 1}" for i in range(len(expected))]
    if len(labels) != len(expected):
        raise GradientError(f"{len(labels)} names for {len(expected)} tensors.")
    if not isinstance(answer, list | tuple):
        return Comparison(False, np.inf, tolerance, (), "The answer is not a list of gradients.")
    if len(answer) != len(expected):
        sentence = (
            f"There should be {len(expected)} gradients ({', '.join(labels)}), there are {len(answer)}."
        )
        return Comparison(False, np.inf, tolerance, (), sentence)
    norms = [float(np.linalg.norm(e)) for e in expected]
    least = floor * max(norms)
    tensors = tuple(
        _tensor_error(label, given, wanted, max(norm, least))
        for label, given, wanted, norm in zip(labels, answer, expected, norms, strict=True)
    )
    worst = max(t.error for t in tensors)
    return Comparison(
        ok=worst <= tolerance,
        worst=worst,
        tolerance=tolerance,
        tensors=tensors,
        sentence=_sentence(tensors, answer, expected, labels, tolerance),
    )


@dataclass(frozen=True)
class DifferenceCheck:
    """Gradients against central differences at sampled coordinates.

    `checked` coordinates were compared, `skipped` lay at a kink. `worst` is the largest excess: |difference|
    over the tolerance of its coordinate, so 1 is the limit. `ok` needs at least one coordinate compared.
    """

    ok: bool
    checked: int
    skipped: int
    worst: float
    sentence: str


def compare_with_differences(
    loss: Callable[[list[Array]], float],
    params: Sequence[ArrayLike],
    answer: object,
    rng: np.random.Generator,
    names: Sequence[str] = (),
    *,
    coordinates: int = 12,
    step: float | None = None,
    dtype: type = np.float64,
) -> DifferenceCheck:
    """Compare gradients with central differences of `loss` at `coordinates` random places of each tensor.

    `loss(params) -> float` is evaluated at float64 copies of `params` and must be deterministic; `dtype` is
    the precision in which it computes. The default step is the cube root of that precision's epsilon (6e-6 in
    float64, 5e-3 in float32), times the size of the parameter's tensor entries. Raises GradientError if the
    loss is not finite at `params`.
    """
    point = [np.array(p, dtype=np.float64) for p in params]
    labels = list(names) or [f"gradient {i + 1}" for i in range(len(point))]
    given = _aligned(answer, point)
    if isinstance(given, str):
        return DifferenceCheck(False, 0, 0, np.inf, given)
    at_point = float(loss(point))
    if not np.isfinite(at_point):
        raise GradientError("The loss is not finite at the given parameters; choose others.")
    epsilon = float(np.finfo(dtype).eps)
    measured: list[tuple[str, float, float, float]] = []  # tensor, given, slope, tolerance
    skipped = 0
    for t, tensor in enumerate(point):
        size = min(coordinates, tensor.size)
        for flat in rng.choice(tensor.size, size=size, replace=False):
            place = np.unravel_index(int(flat), tensor.shape)
            h = step or epsilon ** (1 / 3) * max(1.0, float(np.sqrt(np.mean(tensor**2))))
            slope, tolerance, kink = _slope(loss, point, t, place, h, at_point, epsilon)
            if kink:
                skipped += 1
            else:
                measured.append((labels[t], float(given[t][place]), slope, tolerance))
    # The scale comes from the slopes measured here: a huge entry in the answer must not widen the tolerance.
    allowed = (1e-5 if dtype == np.float64 else 1e-3) * max((abs(m[2]) for m in measured), default=0.0)
    worst, where = max(
        ((abs(value - slope) / (tolerance + allowed), label) for label, value, slope, tolerance in measured),
        default=(0.0, ""),
    )
    checked = len(measured)
    ok = checked > 0 and worst <= 1.0
    return DifferenceCheck(ok, checked, skipped, worst, _difference_sentence(ok, checked, skipped, where))


def central_difference(
    loss: Callable[[list[Array]], float], params: Sequence[ArrayLike], step: float
) -> list[Array]:
    """The whole gradient by central differences with one step, for small parameters (two losses per
    entry)."""
    point = [np.array(p, dtype=np.float64) for p in params]
    slopes = []
    for t, tensor in enumerate(point):
        slope = np.empty_like(tensor)
        for place in np.ndindex(tensor.shape):
            slope[place] = (_at(loss, point, t, place, step) - _at(loss, point, t, place, -step)) / (2 * step)
        slopes.append(slope)
    return slopes


def _slope(
    loss: Callable[[list[Array]], float],
    point: list[Array],
    t: int,
    place: tuple[Any, ...],
    h: float,
    centre: float,
    epsilon: float,
) -> tuple[float, float, bool]:
    """Slope, its tolerance (truncation and rounding, with a factor for safety), and whether a kink lies
    within 2h."""
    f = {k: _at(loss, point, t, place, k * h) for k in (-2, -1, 1, 2)}
    near, far = (f[1] - f[-1]) / (2 * h), (f[2] - f[-2]) / (4 * h)
    rounding = epsilon * max(1.0, abs(centre)) / h
    # Smooth: f(h) - 2 f(0) + f(-h) is h² f'' and quadruples with 2h. At a kink it only doubles.
    bend, wide = f[1] - 2 * centre + f[-1], f[2] - 2 * centre + f[-2]
    noise = 16 * rounding * h
    kink = abs(wide - 4 * bend) > 0.2 * abs(wide) + noise
    return near, 4 * (abs(near - far) / 3 + rounding), bool(kink)


def _at(
    loss: Callable[[list[Array]], float], point: list[Array], t: int, place: tuple[Any, ...], shift: float
) -> float:
    moved = [p.copy() if i == t else p for i, p in enumerate(point)]
    moved[t][place] += shift
    return float(loss(moved))


def _oracle_array(value: ArrayLike) -> Array:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise GradientError(f"The oracle holds an array of dtype {array.dtype}.")
    wide = array.astype(np.float64)
    if not np.isfinite(wide).all():
        raise GradientError("The oracle's gradients are not finite; choose other inputs.")
    return wide


def _tensor_error(name: str, given: object, wanted: Array, scale: float) -> TensorError:
    norm = float(np.linalg.norm(wanted))
    if given is None:
        return TensorError(name, (), np.inf, np.nan, norm, "is missing (None)")
    if type(given) not in (np.ndarray, np.float32, np.float64, float):
        return TensorError(name, (), np.inf, np.nan, norm, "is not an array of numbers")
    array = np.asarray(given)
    if array.dtype.kind not in "fiu":
        return TensorError(name, array.shape, np.inf, np.nan, norm, "is not an array of numbers")
    if array.shape != wanted.shape:
        problem = f"has shape {array.shape} instead of {wanted.shape}"
        return TensorError(name, array.shape, np.inf, np.nan, norm, problem)
    wide = array.astype(np.float64)
    if not np.isfinite(wide).all():
        return TensorError(name, array.shape, np.inf, np.nan, norm, "holds values that are not finite")
    difference = float(np.linalg.norm(wide - wanted))
    error = difference / scale if scale > 0 else (0.0 if difference == 0 else np.inf)
    return TensorError(name, array.shape, error, float(np.linalg.norm(wide)), norm)


def _aligned(answer: object, point: list[Array]) -> list[Array] | str:
    if not isinstance(answer, list | tuple) or len(answer) != len(point):
        return f"The answer should be a list of {len(point)} gradients."
    arrays = []
    for given, tensor in zip(answer, point, strict=True):
        error = _tensor_error("one gradient", given, tensor, 1.0)
        if error.problem:
            return f"{error.name.capitalize()} {error.problem}."
        arrays.append(np.asarray(given, dtype=np.float64))
    return arrays


def _sentence(
    tensors: tuple[TensorError, ...],
    answer: Sequence[Any],
    expected: list[Array],
    labels: list[str],
    tolerance: float,
) -> str:
    wrong = [t for t in tensors if t.error > tolerance]
    if not wrong:
        return "All gradients agree."
    problems = [f"The gradient of {t.name} {t.problem}." for t in wrong if t.problem]
    if problems:
        return " ".join(problems)
    factor = _common_factor(answer, expected)
    if factor is not None:
        return f"All gradients are {factor:.4g} times what they should be."
    zero = [t.name for t in wrong if t.norm == 0]
    if zero:
        return f"The gradient of {', '.join(zero)} is zero, but it should not be."
    return (
        f"The gradient of {', '.join(t.name for t in wrong)} is wrong; the others agree."
        if len(wrong) < len(tensors)
        else f"All {len(labels)} gradients are wrong."
    )


def _common_factor(answer: Sequence[Any], expected: list[Array]) -> float | None:
    """The number by which all tensors are too large, if there is one (a sum for a mean, a sign)."""
    flat = np.concatenate([np.asarray(a, dtype=np.float64).ravel() for a in answer])
    wanted = np.concatenate([e.ravel() for e in expected])
    power = float(wanted @ wanted)
    if power == 0:
        return None
    factor = float(flat @ wanted) / power
    close = np.linalg.norm(flat - factor * wanted) <= TOLERANCE * abs(factor) * np.sqrt(power)
    return factor if close and factor != 0 else None


def _difference_sentence(ok: bool, checked: int, skipped: int, where: str) -> str:
    if checked == 0:
        return f"No coordinate could be compared: all {skipped} lie at a kink of the loss."
    if ok:
        return f"The gradients agree with difference quotients of the loss at {checked} places."
    return f"The gradient of {where} disagrees with the slope that the loss itself shows."
