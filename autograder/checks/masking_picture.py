"""Pictures about padding: how states develop, with the padded part shaded, and differences per length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from autograder.checks.masking import MaskingReport

UNITS = 6  # trajectories drawn of each sequence
# Okabe and Ito's colours, distinguishable with the common colour deficiencies.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHADE = "#DDDDDD"


def trajectories(
    states: NDArray[Any], real: NDArray[np.bool_], titles: Sequence[str] = (), units: int = UNITS
) -> Figure:
    """The first `units` entries of the state over time, a panel a sequence; padded steps are shaded.

    states: [n, T, H];  real: [n, T], True at real steps;  titles: one a sequence
    """
    figure = Figure(figsize=(5.5, 0.5 + 1.3 * len(states)), layout="constrained")
    panels = figure.subplots(len(states), 1, sharex=True, squeeze=False)[:, 0]
    for number, axes in enumerate(panels):
        _trajectory(axes, states[number], real[number], units)
        axes.set_title(titles[number] if number < len(titles) else "", fontsize=9, loc="left")
    panels[-1].set_xlabel("time step (shaded: padding)")
    return figure


def differences(reports: Sequence[tuple[str, MaskingReport]]) -> Figure:
    """The largest difference per sequence length on a logarithmic scale, and the tolerance as a line."""
    figure = Figure(figsize=(5.5, 2.8), layout="constrained")
    axes = figure.add_subplot()
    finite = [d.difference for _, report in reports for d in report.by_length if np.isfinite(d.difference)]
    top = 10 * max([*finite, 1.0])
    for number, (name, report) in enumerate(reports):
        lengths = [d.length for d in report.by_length]
        sizes = [np.clip(np.nan_to_num(d.difference, posinf=top), 1e-9, top) for d in report.by_length]
        axes.plot(lengths, sizes, "o-", label=name, color=COLOURS[number % len(COLOURS)], markersize=5)
    if reports:
        axes.axhline(reports[0][1].tolerance, color="black", linestyle="--", linewidth=1, label="tolerance")
        axes.legend(fontsize=8, frameon=False)
    axes.set_yscale("log")
    axes.set_xlabel("length of the sequence")
    axes.set_ylabel("largest difference")
    return figure


def _trajectory(axes: Axes, states: NDArray[Any], real: NDArray[np.bool_], units: int) -> None:
    steps = np.arange(1, len(states) + 1)
    for step in steps[~real]:
        axes.axvspan(step - 0.5, step + 0.5, color=SHADE, linewidth=0)
    for unit in range(min(units, states.shape[1])):
        axes.plot(steps, states[:, unit], ".-", color=COLOURS[unit % len(COLOURS)], linewidth=1, markersize=4)
    axes.set_xlim(0.5, len(states) + 0.5)
    axes.set_ylabel("state", fontsize=8)
