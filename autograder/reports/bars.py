"""A measured number as a small drawing: its value, its interval and the threshold on one line.

Coordinates only; the template `figures.html` draws them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from autograder.grading.grade import Figure

WIDTH = 200.0  # of the drawing's coordinates
_MARGIN = 8.0


@dataclass(frozen=True)
class Bar:
    """Horizontal places between 0 and WIDTH."""

    value: float
    low: float | None
    high: float | None
    threshold: float | None

    @property
    def label_anchor(self) -> str:
        """On which side of the threshold its label has room."""
        if self.threshold is None or WIDTH * 0.2 <= self.threshold <= WIDTH * 0.8:
            return "middle"
        return "start" if self.threshold < WIDTH / 2 else "end"


def bar(figure: Figure) -> Bar | None:
    """None where there is nothing to compare the value with, or where a number is not finite."""
    given = [figure.value, figure.low, figure.high, figure.threshold]
    numbers = [float(x) for x in given if isinstance(x, int | float)]
    if isinstance(figure.value, str) or len(numbers) < 2 or not all(map(math.isfinite, numbers)):
        return None
    first, last = min(numbers), max(numbers)
    span = last - first
    if span == 0.0 or not math.isfinite(span):
        return None
    scale = (WIDTH - 2 * _MARGIN) / span

    def place(number: float | None) -> float | None:
        return None if number is None else round(_MARGIN + (number - first) * scale, 1)

    low, high = place(figure.low), place(figure.high)
    if low is None or high is None:
        low = high = None
    elif low > high:
        low, high = high, low
    value = place(float(figure.value))
    assert value is not None
    return Bar(value, low, high, place(figure.threshold))
