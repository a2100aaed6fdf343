"""Does padding change anything? Asked from outside, of programs that map padded sequences to numbers.

A program that masks well gives a sequence the same answer alone and in a batch, with few and with many padded
places, before or behind it; what stands in the padded places has no effect and gets no gradient; a recurrent
state passes through padded steps unchanged; and an average over time counts real steps only.

Shapes: a batch is [B, T] (tokens) or [B, T, ...] (vectors), `real` is a bool [B, T] that is True at real
places. `run` is any function from a batch to an array whose first axis is B. Differences are absolute,
largest over all entries, and given per sequence length, because most mistakes show at some lengths only. An
answer of another shape than expected, or with NaN, differs by infinity; nothing is raised for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Run = Callable[[Array], object]
Side = Literal["pre", "post"]

TOLERANCE = 1e-5  # float32 results of the same operations in batches of another shape differ by about 1e-7


class MaskingError(ValueError):
    """The question itself makes no sense, such as a width below the longest sequence; the text says which."""


@dataclass(frozen=True)
class LengthDifference:
    """The largest difference over the sequences of one length."""

    length: int
    difference: float


@dataclass(frozen=True)
class MaskingReport:
    """`ok` if `worst`, the largest difference, is within `tolerance`; `by_length` is sorted by length."""

    ok: bool
    worst: float
    tolerance: float
    by_length: tuple[LengthDifference, ...]
    sentence: str

    @property
    def wrong_lengths(self) -> tuple[int, ...]:
        return tuple(d.length for d in self.by_length if not d.difference <= self.tolerance)


def padded(sequences: Sequence[Sequence[int]], width: int, side: Side = "post", fill: int = 0) -> Array:
    """The sequences as int32 [n, width], filled up with `fill` behind ("post") or before ("pre") them.

    Raises MaskingError if a sequence is longer than `width`.
    """
    batch = np.full((len(sequences), width), fill, np.int32)
    real = real_places([len(s) for s in sequences], width, side)
    for row, sequence in enumerate(sequences):
        batch[row, real[row]] = sequence
    return batch


def real_places(lengths: Sequence[int], width: int, side: Side = "post") -> NDArray[np.bool_]:
    """Bool [n, width]: True where the places of sequences with these lengths are real."""
    if max(lengths, default=0) > width:
        raise MaskingError(f"A sequence of {max(lengths)} does not fit into {width} places.")
    place = np.arange(width)[None, :]
    many = np.asarray(lengths, dtype=np.int64)[:, None]
    return np.asarray(place < many if side == "post" else place >= width - many)


def padding_changes_nothing(
    run: Run,
    sequences: Sequence[Sequence[int]],
    *,
    amounts: Sequence[int] = (0, 5, 20),
    side: Side = "post",
    fill: int = 0,
    per_step: bool = False,
    tolerance: float = TOLERANCE,
) -> MaskingReport:
    """Each sequence alone and unpadded, against the batch padded to its longest plus each of `amounts`.

    `run(tokens [B, T])` gives one answer a sequence, [B, ...], or with `per_step` one a step, [B, T, ...], of
    which the real steps are compared. It is called once for every sequence and once for every amount.
    """
    lengths = [len(sequence) for sequence in sequences]
    alone = [_wide(run(np.asarray([sequence], np.int32))) for sequence in sequences]
    worst = np.zeros(len(sequences))
    for amount in amounts:
        width = max(lengths) + amount
        answer = _wide(run(padded(sequences, width, side, fill)))
        real = real_places(lengths, width, side)
        for row, expected in enumerate(alone):
            found = _row(answer, row, real[row] if per_step else None)
            single = _row(expected, 0, None)
            worst[row] = max(worst[row], _difference(found, single))
    return _report(
        worst,
        lengths,
        tolerance,
        "The answer to a sequence does not depend on the padding around it.",
        "A sequence gets another answer when it is padded in a batch than alone and unpadded",
    )


def content_changes_nothing(
    run: Run,
    inputs: Array,
    real: NDArray[np.bool_],
    replacements: Array,
    *,
    per_step: bool = False,
    tolerance: float = TOLERANCE,
) -> MaskingReport:
    """The same batch with other content in its padded places: `replacements`, shaped like `inputs`.

    For programs that get their mask apart from the inputs: bind it into `run`. With `per_step`, answers
    [B, T, ...] are compared at the real steps only.
    """
    if replacements.shape != inputs.shape or real.shape != inputs.shape[:2]:
        raise MaskingError("inputs, replacements and real must agree in shape.")
    at_padding = ~real.reshape(real.shape + (1,) * (inputs.ndim - 2))
    before = _wide(run(inputs))
    after = _wide(run(np.where(at_padding, replacements, inputs)))
    differences = [
        _difference(
            _row(after, row, real[row] if per_step else None),
            _row(before, row, real[row] if per_step else None),
        )
        for row in range(len(inputs))
    ]
    return _report(
        np.array(differences),
        real.sum(axis=1),
        tolerance,
        "What stands in the padded places has no effect.",
        "What stands in the padded places changes the answer",
    )


def state_passes_through(
    states: object, real: NDArray[np.bool_], start: Array | None = None, *, tolerance: float = TOLERANCE
) -> MaskingReport:
    """The state at each padded step against the state before it; before the first step it is `start` [B, H]
    (zeros if None). `states` is [B, T, H]."""
    found = _wide(states)
    lengths = real.sum(axis=1)
    good, bad = "The state passes through padded steps unchanged.", "The state changes at padded steps"
    if found.ndim != 3 or found.shape[:2] != real.shape:
        return _report(np.full(len(real), np.inf), lengths, tolerance, good, bad)
    first = np.zeros_like(found[:, 0]) if start is None else np.asarray(start, np.float64)
    change = np.abs(found - np.concatenate([first[:, None], found[:, :-1]], axis=1)).max(axis=2)
    change = np.where(np.isfinite(change), change, np.inf)
    return _report(np.where(real, 0.0, change).max(axis=1), lengths, tolerance, good, bad)


def gradient_at_padding(
    gradient: object, real: NDArray[np.bool_], *, tolerance: float = TOLERANCE
) -> MaskingReport:
    """The gradient [B, T, ...] with respect to the inputs at padded places, in units of the largest one at a
    real place (so that a gradient that is zero everywhere is no proof: it differs by infinity)."""
    found = _wide(gradient)
    lengths = real.sum(axis=1)
    good, bad = "Padded places get no gradient.", "Padded places get a gradient"
    if found.ndim < 2 or found.shape[:2] != real.shape:
        return _report(np.full(len(real), np.inf), lengths, tolerance, good, bad)
    size = np.abs(found.reshape(*real.shape, -1)).max(axis=2)
    scale = float(size[real].max(initial=0.0))
    leak = np.where(real, 0.0, size).max(axis=1) / scale if scale > 0 else np.full(len(real), np.inf)
    return _report(np.where(np.isfinite(leak), leak, np.inf), lengths, tolerance, good, bad)


def average_of_real_steps(
    averages: object, values: Array, real: NDArray[np.bool_], *, tolerance: float = TOLERANCE
) -> MaskingReport:
    """`averages` [B, ...] against the means of `values` [B, T, ...] over the real steps of each sequence.

    The sentence names the usual mistakes: all steps averaged, the sum over real steps divided by T or not
    divided at all. Every sequence needs at least one real step.
    """
    found = _wide(averages)
    wide = np.asarray(values, np.float64)
    lengths = real.sum(axis=1)
    if lengths.min(initial=1) < 1:
        raise MaskingError("A sequence without real steps has no average.")
    chosen = real.reshape(real.shape + (1,) * (wide.ndim - 2))
    total = np.where(chosen, wide, 0.0).sum(axis=1)
    counts = lengths.reshape((-1,) + (1,) * (total.ndim - 1))
    expected = total / counts
    differences = np.array([_difference(_row(found, i, None), expected[i]) for i in range(len(real))])
    mistakes = (
        (wide.mean(axis=1), "it averages over all steps, padded ones included"),
        (total / real.shape[1], "it divides by the number of all steps, padded ones included"),
        (total, "it is the sum over the real steps, not their mean"),
        (
            np.stack([row[where][-1] for row, where in zip(wide, real, strict=True)]),
            "it is the last real step",
        ),
    )
    named = [words for wrong, words in mistakes if _difference(found, wrong) <= tolerance]
    bad = "An average over time is not the mean over the real steps" + (f": {named[0]}" if named else "")
    good = "Averages over time count real steps only."
    return _report(differences, lengths, tolerance, good, bad)


def _report(
    differences: Array, lengths: Sequence[int] | Array, tolerance: float, good: str, bad: str
) -> MaskingReport:
    lengths = np.asarray(lengths)
    by_length = tuple(
        LengthDifference(int(length), float(differences[lengths == length].max()))
        for length in np.unique(lengths)
    )
    worst = max((d.difference for d in by_length), default=0.0)
    wrong = [d.length for d in by_length if not d.difference <= tolerance]
    if not wrong:
        return MaskingReport(True, worst, tolerance, by_length, good)
    size = f"by up to {worst:.2g}" if np.isfinite(worst) else "in shape, or with values that are not finite"
    which = "of every length" if len(wrong) == len(by_length) else f"of length {_listed(wrong)}"
    return MaskingReport(False, worst, tolerance, by_length, f"{bad} ({size}; sequences {which}).")


def _listed(lengths: Sequence[int]) -> str:
    shown = ", ".join(map(str, lengths[:5]))
    return shown + (" and more" if len(lengths) > 5 else "")


def _wide(value: object) -> Array:
    """As float64; an array without dimensions, which equals nothing, where it is no numeric array."""
    if type(value) is not np.ndarray or value.dtype.kind not in "fiub":
        return np.asarray(np.nan)
    return value.astype(np.float64)


def _row(answer: Array, row: int, steps: NDArray[np.bool_] | None) -> Array:
    if answer.ndim == 0 or row >= len(answer):
        return np.asarray(np.nan)
    if steps is None:
        return np.asarray(answer[row])
    if answer.ndim < 2 or answer.shape[1] != len(steps):
        return np.asarray(np.nan)
    return np.asarray(answer[row][steps])


def _difference(found: Array, expected: Array) -> float:
    if found.shape != expected.shape or not np.isfinite(found).all() or not np.isfinite(expected).all():
        return float("inf")
    return float(np.abs(found - expected).max(initial=0.0))
