"""Pictures for the report: confusions, misclassified digits, weights."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

Array = np.ndarray


def confusion(truth: Array, guess: Array) -> Figure:
    """Confusion matrix of ten digits; guesses that are no digit are left out."""
    counts = np.zeros((10, 10), int)
    known = (guess >= 0) & (guess < 10)
    np.add.at(counts, (truth[known], guess[known]), 1)
    figure = Figure(figsize=(4.4, 4.2))
    axis = figure.add_subplot()
    axis.imshow(np.log1p(counts), cmap="Blues")
    for row, column in np.argwhere(counts > 0):
        dark = counts[row, column] > counts.max() / 8
        axis.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            size=6,
            color="w" if dark else "k",
        )
    axis.set(xticks=range(10), yticks=range(10), xlabel="answer of the network", ylabel="digit")
    return figure


def mistakes(images: Array, truth: Array, guess: Array) -> Figure:
    """Up to ten images [n, 28, 28] in rows of five, each with the digit and the network's answer."""
    side, gap, room, across = images.shape[1], 6, 12, 5
    down = -(-min(len(images), 10) // across)
    sheet = np.full((down * (side + room) - room, across * (side + gap) - gap), 255, np.uint8)
    figure = Figure(figsize=(5.0, 0.3 + 1.2 * down))
    axis = figure.add_subplot()
    axis.axis("off")
    for index, image in enumerate(images[:10]):
        top, left = (index // across) * (side + room), (index % across) * (side + gap)
        sheet[top : top + side, left : left + side] = image
        answer = f"{truth[index]}, not {guess[index]}"
        axis.text(left + side / 2, top - 2, answer, ha="center", va="bottom", size=9)
    axis.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    return figure


def weights(before: Array, after: Array) -> Figure:
    """Histograms of a weight matrix before and after training."""
    figure = Figure(figsize=(4.4, 2.6))
    axis = figure.add_subplot()
    reach = float(max(np.abs(before).max(), np.abs(after).max(), 1e-6))
    bins = np.linspace(-reach, reach, 81)
    axis.hist(before.ravel(), bins, histtype="step", label="before training")
    axis.hist(after.ravel(), bins, histtype="stepfilled", alpha=0.4, label="after training")
    axis.set(xlabel="weights of the first layer", ylabel="number", yscale="log")
    # Plain numbers and nothing between them: a logarithmic axis is otherwise half the work of the picture.
    axis.minorticks_off()
    axis.yaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
    axis.legend(fontsize=7)
    return figure
