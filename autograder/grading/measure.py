"""Figures and pictures that a hidden test leaves for the report."""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING

import numpy as np

from autograder.grading.grade import Figure, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

    from autograder.checks.throughput import Throughput

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DOTS_PER_INCH = 110
_MARGIN_DOTS = 11
_ROOM_INCHES = 3.0  # for what a drawing has outside its figure: texts beside axes, legends


class Measure:
    """Figures and pictures that a test leaves for the report."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.pictures: list[Picture] = []

    def figure(
        self,
        name: str,
        value: float | int | str,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        threshold: float | None = None,
    ) -> None:
        """Record a number, with its interval and threshold where it has them."""
        plain = value.item() if isinstance(value, np.generic) else value
        self.figures.append(
            Figure(name=name, value=plain, unit=unit, low=low, high=high, threshold=threshold)
        )

    def throughput(self, result: Throughput) -> None:
        """Record a measured speed: the ratio with its interval and threshold, both speeds, and what it holds for."""
        measured_on = ", ".join(f"{name} {value}" for name, value in result.environment.items())
        if measured_on:
            self.figure("Measured on", measured_on.removeprefix("device "))
        if not math.isfinite(result.ratio):
            return
        self.figure(
            "Speed in units of the reference", result.ratio, "", result.low, result.high, result.threshold
        )
        self.figure("Your program", result.per_second, "per second")
        self.figure("The reference", result.reference_per_second, "per second")
        self.figure("Pairs of measurements", len(result.pairs))

    def picture(self, name: str, drawing: Drawing | bytes, caption: str) -> None:
        """Record a picture: a matplotlib figure or the bytes of a PNG file. ValueError for other bytes."""
        png = drawing if isinstance(drawing, bytes) else _png(drawing)
        if not png.startswith(PNG_SIGNATURE):
            raise ValueError(f"The picture {name!r} is no PNG file.")
        self.pictures.append(Picture(name=name, caption=caption, png=base64.b64encode(png).decode("ascii")))


def _png(drawing: Drawing) -> bytes:
    """Drawn once, on more paper than it needs, and cut to what is drawn: `savefig(bbox_inches="tight")` draws it once
    more to measure it. What reaches more than `_ROOM_INCHES` beyond the figure is lost.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.transforms import Bbox
    from PIL import Image

    FigureCanvasAgg(drawing)
    png = io.BytesIO()
    if drawing.legends:  # those of the figure, not of its axes, would stand at the edges of the paper
        drawing.savefig(png, format="png", dpi=_DOTS_PER_INCH, bbox_inches="tight")
        return png.getvalue()
    width, height = (round((side + 2 * _ROOM_INCHES) * _DOTS_PER_INCH) for side in drawing.get_size_inches())
    # Half a dot more than whole ones: matplotlib cuts off what the division leaves of the last.
    paper = Bbox.from_bounds(
        -_ROOM_INCHES, -_ROOM_INCHES, (width + 0.5) / _DOTS_PER_INCH, (height + 0.5) / _DOTS_PER_INCH
    )
    raw = io.BytesIO()
    drawing.savefig(raw, format="rgba", dpi=_DOTS_PER_INCH, bbox_inches=paper)
    dots = np.frombuffer(raw.getbuffer(), np.uint32).reshape(height, width)  # four bytes each
    drawn = dots != dots[0, 0]
    rows, columns = _span(drawn.any(axis=1)), _span(drawn.any(axis=0))
    colours = dots[rows, columns, np.newaxis].view(np.uint8)[..., :3]
    Image.fromarray(np.ascontiguousarray(colours)).save(png, format="png")
    return png.getvalue()


def _span(drawn: np.ndarray) -> slice:
    """From the first to the last that is drawn, with a margin; all of it if none is."""
    places = np.flatnonzero(drawn)
    if not places.size:
        return slice(None)
    return slice(max(0, int(places[0]) - _MARGIN_DOTS), int(places[-1]) + 1 + _MARGIN_DOTS)
