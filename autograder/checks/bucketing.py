"""Batches of sequences of different lengths: is all content there, and how much of it is padding?

A batch is (tokens i32[b, t], labels i32[b]); 0 is padding and stands at the end. The waste is the share of
padded positions, 1 - sum of lengths / sum of b·t. The spread of lengths inside batches, the mean of longest
minus shortest, says how well batches were formed by length.

`batches` come from outside: what is no such list gives a sentence, never an exception.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from autograder.checks.arrays import UnusableError, numbers

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class BatchCheck:
    """`ok` if every sequence stands in the batches once, with its own label, padded only with 0 and only at
    the end.

    `tight`: every batch is as wide as its longest sequence. `waste` and `spread` as above (nan if
    unreadable); `per_batch` is (width, mean length) of each batch; `largest` the rows of the largest batch.
    """

    ok: bool
    tight: bool
    waste: float
    spread: float
    largest: int
    per_batch: tuple[tuple[int, float], ...]
    sentence: str


def check_batches(
    batches: object, sequences: Sequence[ArrayLike], labels: ArrayLike, batch_size: int
) -> BatchCheck:
    """Compare batches with the sequences (tokens >= 1, of any length from 1) and labels that they were made
    of."""
    try:
        read = _read(batches)
    except UnusableError as error:
        return BatchCheck(False, False, float("nan"), float("nan"), 0, (), str(error))
    lengths = [(tokens != 0).sum(axis=1) for tokens, _ in read]
    ends = [_ends(tokens) for tokens, _ in read]
    per_batch = tuple((t.shape[1], float(n.mean())) for (t, _), n in zip(read, lengths, strict=True))
    largest = max(len(t) for t, _ in read)
    tight = all(t.shape[1] == n.max() for (t, _), n in zip(read, lengths, strict=True))
    problem = _problem(read, lengths, ends, sequences, np.asarray(labels), batch_size)
    return BatchCheck(
        ok=not problem,
        tight=tight,
        waste=1 - sum(int(n.sum()) for n in lengths) / max(1, sum(t.size for t, _ in read)),
        spread=float(np.mean([n.max() - n.min() for n in lengths])),
        largest=largest,
        per_batch=per_batch,
        sentence=problem or f"All {len(sequences)} sequences are there, with their labels.",
    )


def waste_of_widths(lengths: Sequence[int], groups: Sequence[Sequence[int]]) -> float:
    """Waste of batches given as groups of positions in `lengths`, each as wide as its longest sequence."""
    n = np.asarray(lengths)
    area = sum(len(group) * int(n[list(group)].max()) for group in groups)
    return 1 - sum(int(n[list(group)].sum()) for group in groups) / area


def reference_waste(lengths: Sequence[int], batch_size: int, rng: np.random.Generator) -> dict[str, float]:
    """Waste of three ways to form batches: one global width, widths of shuffled batches, batches sorted by
    length."""
    n = np.asarray(lengths)
    order = rng.permutation(n.size)
    sorted_order = np.argsort(n, kind="stable")

    def cut(places: NDArray[np.int64]) -> list[list[int]]:
        return [places[k : k + batch_size].tolist() for k in range(0, n.size, batch_size)]

    return {
        "global": 1 - float(n.sum()) / (n.size * int(n.max())),
        "padded": waste_of_widths(lengths, cut(order)),
        "sorted": waste_of_widths(lengths, cut(sorted_order)),
    }


def waste_picture(checks: dict[str, BatchCheck], title: str = "") -> Figure:
    """For each scheme its batches as bars: the width, and in it the mean length; the rest is padding."""
    figure = Figure(figsize=(5.5, 1.0 + 1.3 * len(checks)), layout="constrained")
    axes = figure.subplots(len(checks), 1, squeeze=False)[:, 0]
    for axis, (name, check) in zip(axes, checks.items(), strict=True):
        places = np.arange(len(check.per_batch))
        axis.bar(places, [width for width, _ in check.per_batch], color="#DDCC77", width=1.0, label="padding")
        axis.bar(places, [mean for _, mean in check.per_batch], color="#44AA99", width=1.0, label="tokens")
        axis.set_ylabel("length", fontsize=8)
        axis.set_title(f"{name}: {100 * check.waste:.0f} % padding", fontsize=9, loc="left")
    axes[0].legend(fontsize=8, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
    axes[-1].set_xlabel("batch", fontsize=8)
    figure.suptitle(title, fontsize=10)
    return figure


def _read(batches: object) -> list[Batch]:
    if not isinstance(batches, list | tuple) or not batches:
        raise UnusableError("The answer should be a list of batches, each with tokens and labels.")
    read = []
    for number, batch in enumerate(batches, 1):
        if not isinstance(batch, list | tuple) or len(batch) != 2:
            raise UnusableError(f"Batch {number} should be a pair of tokens and labels.")
        tokens = numbers(batch[0], (None, None), f"The tokens of batch {number}")
        labels = numbers(batch[1], None, f"The labels of batch {number}")
        if labels.shape not in ((len(tokens),), (len(tokens), 1)) or not tokens.size:
            raise UnusableError(
                f"Batch {number} has tokens of shape {tokens.shape} but labels of shape {labels.shape}."
            )
        if (tokens != np.round(tokens)).any() or (tokens < 0).any():
            raise UnusableError(f"The tokens of batch {number} should be whole numbers from 0.")
        if (labels != np.round(labels)).any():
            raise UnusableError(f"The labels of batch {number} should be whole numbers.")
        read.append((tokens.astype(np.int64), labels.reshape(-1).astype(np.int64)))
    return read


def _ends(tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row the place behind its last token that is not 0."""
    return np.asarray(np.where(tokens != 0, np.arange(1, tokens.shape[1] + 1), 0).max(axis=1), dtype=np.int64)


def _problem(
    read: list[Batch],
    lengths: list[NDArray[np.int64]],
    ends: list[NDArray[np.int64]],
    sequences: Sequence[ArrayLike],
    labels: NDArray[np.int64],
    batch_size: int,
) -> str:
    wanted = Counter(
        (tuple(np.asarray(s).tolist()), int(y)) for s, y in zip(sequences, labels.reshape(-1), strict=True)
    )
    found = Counter(
        (tuple(row[row != 0].tolist()), int(y))
        for tokens, ys in read
        for row, y in zip(tokens, ys, strict=True)
    )
    rows = sum(len(tokens) for tokens, _ in read)
    if any((n != end).any() for n, end in zip(lengths, ends, strict=True)):
        return "Padding should stand at the end of a sequence; here zeros stand before or between words."
    if found != wanted:
        texts, wanted_texts = (Counter(text for text, _ in pairs.elements()) for pairs in (found, wanted))
        if texts == wanted_texts:
            return "All sequences are there, but some have the label of another one."
        lost, added = (wanted_texts - texts).total(), (texts - wanted_texts).total()
        if lost and not added:
            return f"{lost} of {len(sequences)} sequences are lost (is a remainder dropped?)."
        if not lost:
            return f"{added} sequences are there more than once."
        return f"{lost} sequences are not there as they were (cut, perhaps); there are {rows} rows."
    if max(len(tokens) for tokens, _ in read) > batch_size:
        return (
            f"A batch has {max(len(tokens) for tokens, _ in read)} rows; at most {batch_size} are asked for."
        )
    return ""
