"""Pictures for the report of assignment 8."""

from __future__ import annotations

from collections import Counter

import numpy as np
from matplotlib.figure import Figure

from autograder.checks import skipgrams

COLOURS = ("#3366cc", "#dc8a00", "#2e8b57", "#b03a8c", "#8a6d3b", "#d03030")


def pairs(found: np.ndarray, sentence: np.ndarray, window: int) -> Figure:
    """Found against expected counts of all pairs of a sentence, as two tables; wrong cells are framed."""
    words = sorted({int(word) for word in sentence} | {int(w) for w in found.ravel()[:200] if 0 <= w < 100})
    expected = skipgrams.expected_pairs([sentence], window)
    counted = Counter((int(a), int(b)) for a, b in found[:1000])
    figure = Figure(figsize=(6, 3), layout="constrained")
    for axes, counts, title in zip(
        figure.subplots(1, 2), (counted, expected), ("found", "expected"), strict=True
    ):
        grid = np.array([[counts[a, b] for b in words] for a in words], dtype=float)
        axes.imshow(grid, cmap="Blues", vmin=0, vmax=max(3.0, grid.max()))
        for i, a in enumerate(words):
            for j, b in enumerate(words):
                wrong = counted[a, b] != expected[a, b]
                axes.text(
                    j, i, int(grid[i, j]), ha="center", va="center", color="#c00000" if wrong else "#222222"
                )
        axes.set(title=title, xlabel="context", ylabel="target")
        axes.set_xticks(range(len(words)), [str(word) for word in words])
        axes.set_yticks(range(len(words)), [str(word) for word in words])
    return figure


def vectors(table: np.ndarray, topics: np.ndarray) -> Figure:
    """The directions of the vectors on their two main axes, coloured by topic."""
    used = np.flatnonzero(topics >= 0)
    rows = table[used].astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-12
    rows -= rows.mean(axis=0)
    flat = rows @ np.linalg.svd(rows, full_matrices=False)[2][:2].T
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    for topic in sorted(set(topics[used].tolist())):
        of_topic = flat[topics[used] == topic]
        axes.scatter(
            of_topic[:, 0],
            of_topic[:, 1],
            s=18,
            color=COLOURS[topic % len(COLOURS)],
            label=f"topic {topic + 1}",
        )
    axes.legend(fontsize=7, ncols=2)
    axes.set(xticks=[], yticks=[])
    return figure
