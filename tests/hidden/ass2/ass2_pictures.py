"""Pictures for the report."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from autograder.checks.event_files import Series

HEALTHY, ILL, YOURS = "#117733", "#999999", "#CC6677"


def curve(series: Series) -> Figure:
    """A scalar of a log over its steps."""
    figure = Figure(figsize=(5.5, 2.6), layout="constrained")
    axes = figure.add_subplot()
    steps, values = np.asarray(series.steps[:5000], float), np.asarray(series.values[:5000], float)
    axes.plot(steps, np.where(np.isfinite(values), values, np.nan), color=YOURS, marker=".", linewidth=1)
    axes.set_xlabel("step")
    axes.set_ylabel("value")
    return figure


def indicators(
    title: str,
    seen: Sequence[float],
    healthy: Sequence[float],
    ill: Sequence[float],
    yours: Sequence[tuple[float, float]],
) -> Figure:
    """One indicator over the images that training has gone through: ours, the script as found, the student's."""
    figure = Figure(figsize=(5.5, 3.0), layout="constrained")
    axes = figure.add_subplot()
    values = [*healthy, *ill, *(value for _, value in yours)]
    finite = [value for value in values if math.isfinite(value)]
    top = 1.15 * max(finite, default=1.0) or 1.0
    for name, points, colour, style in (
        ("healthy", list(zip(seen, healthy, strict=True)), HEALTHY, "-"),
        ("as found", list(zip(seen, ill, strict=True)), ILL, "--"),
        ("yours", sorted(yours), YOURS, "-"),
    ):
        places = [place for place, _ in points]
        heights = [value if math.isfinite(value) else top for _, value in points]
        axes.plot(places, heights, style, color=colour, marker="o", markersize=4, label=name)
    if len(finite) < len(values):
        axes.axhline(top, color="black", linewidth=0.6, linestyle=":")
        axes.annotate("not finite", (0, top), fontsize=7, va="bottom")
    axes.set_xscale("symlog", linthresh=max(seen) / 24)
    axes.set_xlabel("training images gone through")
    axes.set_ylabel(title)
    axes.legend(fontsize=8, frameon=False)
    return figure
