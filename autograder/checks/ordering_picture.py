"""A stream of batches as a strip: one cell per element, coloured by epoch, with a line at every batch
border."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from autograder.checks.ordering_stream import read_stream

ROW = 64  # elements per line of the strip
MOST = 64 * 24  # elements shown

# Paul Tol's muted scheme, distinguishable with the common colour deficiencies.
COLOURS = ("#332288", "#88CCEE", "#44AA99", "#117733", "#999933", "#DDCC77", "#CC6677", "#882255", "#AA4499")


def strip(batches: Iterable[object], n: int, title: str = "") -> Figure:
    """Draw the first elements of a stream. The epoch of an element is how often it has come before.

    Raises StreamError if the batches are no stream of single elements of the data.
    """
    stream = read_stream(batches, n)
    shown = min(stream.flat.size, MOST)
    rows = -(-shown // ROW)
    figure = Figure(figsize=(5.5, 0.9 + 0.22 * rows), layout="constrained")
    axes = figure.add_subplot()
    image = np.ones((rows, ROW, 3))
    for place in range(shown):
        image[place // ROW, place % ROW] = _rgb(COLOURS[int(stream.occurrence[place]) % len(COLOURS)])
    axes.imshow(image, aspect="auto", interpolation="none", extent=(0, ROW, rows, 0))
    for end in [0, *(int(end) for end in np.cumsum(stream.sizes) if end < shown)]:
        row, column = divmod(end, ROW)
        axes.plot([column, column], [row, row + 1], color="white", linewidth=1.8)
        axes.plot([column, column], [row, row + 1], color="black", linewidth=0.8)
    axes.hlines(np.arange(1, rows), 0, ROW, color="white", linewidth=3)
    axes.set_xlim(-0.2, ROW + 0.2)
    axes.set_ylim(rows + 0.05, -0.05)
    axes.set_xticks([])
    axes.set_yticks(np.arange(rows) + 0.5, [str(row * ROW + 1) for row in range(rows)], fontsize=8)
    axes.set_ylabel("element", fontsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)
    epochs = int(stream.occurrence[:shown].max()) + 1
    handles = [Patch(color=COLOURS[k]) for k in range(min(epochs, len(COLOURS)))]
    labels = [f"epoch {k + 1}" for k in range(len(handles))]
    axes.legend(
        handles,
        labels,
        ncols=min(len(handles), 5),
        fontsize=8,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        columnspacing=1.2,
    )
    cut = f" (the first {shown} of {stream.flat.size} elements)" if shown < stream.flat.size else ""
    if title or cut:
        axes.set_title(title + cut, fontsize=9, loc="left")
    return figure


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
