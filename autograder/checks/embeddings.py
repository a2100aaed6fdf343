"""What an embedding knows: neighbours, topics, analogies. Matrices are [words, dimensions]; index 0 is
padding.

Similarity is the cosine, computed in float64; a zero vector is similar to nothing (0). Source for analogies
by vector offsets: Mikolov, Yih, Zweig, Linguistic regularities in continuous space word representations
(NAACL 2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Separation:
    """`same` is the share of words whose nearest neighbour has their topic; `gap` the mean cosine within
    topics minus that across topics."""

    ok: bool
    same: float
    gap: float
    words: int
    sentence: str


def topic_separation(embedding: object, topics: Sequence[int], *, least: float = 0.9) -> Separation:
    """Do words have neighbours of their own topic? `topics` gives a topic for each row; negative: left
    out."""
    matrix = _matrix(embedding, len(topics))
    if isinstance(matrix, str):
        return Separation(False, float("nan"), float("nan"), 0, matrix)
    topic = np.asarray(topics)
    used = np.flatnonzero(topic >= 0)
    cosine = _cosines(matrix[used])
    equal = topic[used][:, None] == topic[used][None, :]
    itself = np.eye(used.size, dtype=bool)
    nearest = np.where(itself, -np.inf, cosine).argmax(axis=1)
    same = float(equal[np.arange(used.size), nearest].mean())
    gap = float(cosine[equal & ~itself].mean() - cosine[~equal].mean())
    sentence = f"{100 * same:.0f} % of {used.size} words have a nearest neighbour of their own topic."
    return Separation(same >= least, same, gap, int(used.size), sentence)


def nearest_neighbours(embedding: ArrayLike, word: int, k: int) -> list[int]:
    """The k words most similar to `word`, most similar first, without itself and index 0."""
    cosine = _cosines(np.asarray(embedding, np.float64))[word]
    cosine[[0, word]] = -np.inf
    return [int(i) for i in np.argsort(-cosine, kind="stable")[:k]]


def analogy(embedding: ArrayLike, a: int, b: int, c: int, k: int) -> list[int]:
    """Oracle: a is to b as c is to the k words nearest to E[b] - E[a] + E[c], without a, b, c and index 0."""
    matrix = np.asarray(embedding, np.float64)
    query = matrix[b] - matrix[a] + matrix[c]
    cosine = _unit(matrix) @ _unit(query[None])[0]
    cosine[[0, a, b, c]] = -np.inf
    return [int(i) for i in np.argsort(-cosine, kind="stable")[:k]]


def _matrix(value: object, rows: int) -> Array | str:
    if (
        type(value) is not np.ndarray
        or value.dtype.kind not in "fiu"
        or value.ndim != 2
        or len(value) != rows
    ):
        return f"The embedding should be an array of shape ({rows}, dimensions)."
    if not np.isfinite(value).all():
        return "The embedding holds values that are not finite."
    return value.astype(np.float64)


def _unit(matrix: Array) -> Array:
    norm = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(norm > 0, norm, 1.0), dtype=np.float64)


def _cosines(matrix: Array) -> Array:
    unit = _unit(matrix)
    return np.asarray(unit @ unit.T, dtype=np.float64)
