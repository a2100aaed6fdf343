"""Is a network in a state in which it can learn? From its weights, gradients and hidden activations.

Each function looks at one symptom and returns its figures, whether they are healthy, and a sentence. All
arrays come from outside and are checked: what is not numeric, not finite, or of the wrong shape is unhealthy,
never an exception.

- movement: ‖W1 - W0‖ / max(‖W0‖, 0.01·sqrt(size)) per tensor. The floor (a root mean square of 0.01 per
  entry) keeps biases that start at zero comparable.
- gradient norms: Frobenius norm per tensor; `ratio` is the smallest over the largest (vanishing gradients).
- dead units: columns of the activations [n, units] that are zero on all n inputs.
- saturation: share of activations with |h| > 0.99, counted only where the activation is bounded: by 1 (all |h| <= 1),
  or at all, as is seen where they pile up within a hundredth of the largest.

Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (AISTATS
2010) for saturation and gradient norms per layer; Lu et al., Dying ReLU and initialization (CiCP 28, 2020)
for dead units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOVED = 1e-3
DEAD_SHARE = 0.5
SATURATED_SHARE = 0.3


@dataclass(frozen=True)
class Movement:
    """How far each tensor moved, relative to where it began. `still` names those that moved too little."""

    ok: bool
    names: tuple[str, ...]
    moved: tuple[float, ...]
    still: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Norms:
    """Norm of each gradient. `zero` names tensors whose gradient is missing or exactly zero."""

    ok: bool
    names: tuple[str, ...]
    norms: tuple[float, ...]
    zero: tuple[str, ...]
    ratio: float
    sentence: str


@dataclass(frozen=True)
class Units:
    """Share of units or activations that show a symptom, in [0, 1] (nan if it could not be measured)."""

    ok: bool
    share: float
    limit: float
    units: int
    inputs: int
    sentence: str


@dataclass(frozen=True)
class Losses:
    """`first_bad` is the index of the first loss that is not finite; start and end are means over a few
    steps."""

    ok: bool
    first_bad: int | None
    start: float
    end: float
    sentence: str


def movement(
    initial: object,
    final: object,
    names: Sequence[str] = (),
    *,
    at_least: float = MOVED,
    weights_only: bool = False,
) -> Movement:
    """Compare weights before and after training, two lists of arrays of equal shapes.

    `weights_only` asks only tensors with at least two dimensions to move.
    """
    before, after = _arrays(initial), _arrays(final)
    if before is None or after is None or len(before) != len(after) or not before:
        return Movement(False, (), (), (), "The weights are not two equally long lists of arrays.")
    labels = tuple(names) or tuple(f"tensor {i + 1}" for i in range(len(before)))
    for label, old, new in zip(labels, before, after, strict=True):
        if old.shape != new.shape:
            return Movement(
                False, labels, (), (), f"{label} changed its shape from {old.shape} to {new.shape}."
            )
        if not (np.isfinite(old).all() and np.isfinite(new).all()):
            return Movement(False, labels, (), (), f"{label} holds values that are not finite.")
    moved = tuple(
        float(np.linalg.norm(new - old) / max(np.linalg.norm(old), 1e-2 * np.sqrt(max(old.size, 1))))
        for old, new in zip(before, after, strict=True)
    )
    still = tuple(
        label
        for label, distance, old in zip(labels, moved, before, strict=True)
        if distance <= at_least and not (weights_only and old.ndim < 2)
    )
    sentence = f"Training does not change {', '.join(still)}." if still else "Training changes all layers."
    return Movement(not still, labels, moved, still, sentence)


def gradient_norms(gradients: object, names: Sequence[str] = (), *, least_ratio: float = 0.0) -> Norms:
    """Norms of a list of gradients (None counts as zero). `ok` if none is zero and the ratio is large
    enough."""
    listed = list(gradients) if isinstance(gradients, list | tuple) else []
    arrays = _arrays([np.zeros(1) if g is None else g for g in listed])
    if not arrays:
        return Norms(False, (), (), (), 0.0, "The gradients are not a list of arrays.")
    labels = tuple(names) or tuple(f"tensor {i + 1}" for i in range(len(arrays)))
    norms = tuple(float(np.linalg.norm(g)) for g in arrays)
    if not np.isfinite(norms).all():
        bad = [label for label, norm in zip(labels, norms, strict=True) if not np.isfinite(norm)]
        return Norms(False, labels, norms, (), 0.0, f"The gradient of {', '.join(bad)} is not finite.")
    zero = tuple(label for label, norm in zip(labels, norms, strict=True) if norm == 0)
    ratio = min(norms) / max(norms) if max(norms) > 0 else 0.0
    if zero:
        return Norms(False, labels, norms, zero, ratio, f"No gradient reaches {', '.join(zero)}.")
    if ratio < least_ratio:
        weakest = labels[int(np.argmin(norms))]
        sentence = f"The gradient of {weakest} is {ratio:.0e} times the largest: it hardly learns."
        return Norms(False, labels, norms, (), ratio, sentence)
    return Norms(True, labels, norms, (), ratio, "A gradient reaches every tensor.")


def dead_units(activations: object, *, limit: float = DEAD_SHARE, tolerance: float = 0.0) -> Units:
    """Share of hidden units that are zero (|h| <= tolerance) on all inputs; `activations` is [n, units]."""
    h = _matrix(activations)
    if isinstance(h, str):
        return Units(False, float("nan"), limit, 0, 0, h)
    dead = (np.abs(h) <= tolerance).all(axis=0)
    share = float(dead.mean())
    ok = share < limit
    sentence = f"{int(dead.sum())} of {dead.size} hidden units are zero for every one of {h.shape[0]} inputs."
    return Units(
        ok, share, limit, h.shape[1], h.shape[0], sentence if dead.any() else "No hidden unit is dead."
    )


def saturation(activations: object, *, limit: float = SATURATED_SHARE, beyond: float = 0.99) -> Units:
    """Share of activations [n, units] in the flat ends of a bounded activation, |h| > `beyond` (0 if
    unbounded)."""
    h = _matrix(activations)
    if isinstance(h, str):
        return Units(False, float("nan"), limit, 0, 0, h)
    size = np.abs(h)
    bounded = bool(size.max() <= 1 + 1e-6)
    share = float((size > beyond).mean()) if bounded else 0.0
    sentence = f"{100 * share:.0f} % of the hidden activations are flat: beyond ±{beyond:g}."
    if not bounded:
        sentence = "The hidden activation is not bounded, so it cannot saturate."
    at_the_largest = float((size > beyond * size.max()).mean())
    if at_the_largest >= limit > share:
        share, bound = at_the_largest, float(size.max())
        flat = f"beyond ±{beyond:g} of their bound, {bound:.3g}"
        sentence = f"{100 * share:.0f} % of the hidden activations are flat: {flat}."
    return Units(share < limit, share, limit, h.shape[1], h.shape[0], sentence)


def losses(values: object, *, fall: float = 0.0, window: int = 5) -> Losses:
    """Are all losses finite, and does the mean of the last few lie below that of the first few by the share
    `fall`?

    `values` is a sequence of at least two numbers; `window` steps (at most half of them) are averaged at
    either end.
    """
    try:
        series = np.asarray(values, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return Losses(False, None, np.nan, np.nan, "The losses are not a list of numbers.")
    if series.size < 2:
        return Losses(False, None, np.nan, np.nan, "There are fewer than two losses.")
    bad = np.flatnonzero(~np.isfinite(series))
    if bad.size:
        first = int(bad[0])
        return Losses(False, first, np.nan, np.nan, f"The loss of step {first + 1} is {series[first]}.")
    width = max(1, min(window, series.size // 2))
    start, end = float(series[:width].mean()), float(series[-width:].mean())
    ok = end < start - fall * abs(start)
    verb = "falls" if end < start else "does not fall"
    enough = "" if ok or end >= start else f", by less than {100 * fall:.0f} %"
    return Losses(
        ok, None, start, end, f"The loss {verb}: {start:.4g} at the start, {end:.4g} at the end{enough}."
    )


def finite(name: str, *values: object) -> str:
    """ "" if all arrays are numeric and finite, else a sentence that says that `name` are not."""
    arrays = _arrays(list(values))
    if arrays is None:
        return f"{name} are not arrays of numbers."
    return "" if all(np.isfinite(a).all() for a in arrays) else f"{name} hold values that are not finite."


def _arrays(values: object) -> list[Array] | None:
    if not isinstance(values, list | tuple):
        return None
    arrays = [np.asarray(value) for value in values if type(value) in _NUMERIC]
    if len(arrays) != len(values) or any(a.dtype.kind not in "fiub" for a in arrays):
        return None
    return [a.astype(np.float64) for a in arrays]


def _matrix(values: object) -> Array | str:
    arrays = _arrays([values])
    if arrays is None or arrays[0].ndim != 2 or arrays[0].size == 0:
        return "The hidden activations are not an array of numbers of shape (inputs, units)."
    if not np.isfinite(arrays[0]).all():
        return "The hidden activations hold values that are not finite."
    return arrays[0]


_NUMERIC = (np.ndarray, np.float32, np.float64, float, int)
