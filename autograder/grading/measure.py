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
_MARGIN_INCHES = 0.1


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
    """As `savefig(bbox_inches="tight")` draws it, to the pixel, without the rehearsal that it measures texts by."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawing.dpi = _DOTS_PER_INCH
    if drawing.get_layout_engine() is not None:  # places the axes, and only while drawing
        drawing.draw_without_rendering()
    box = drawing.get_tightbbox(FigureCanvasAgg(drawing).get_renderer()).padded(_MARGIN_INCHES)  # type: ignore[no-untyped-call]
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", dpi=_DOTS_PER_INCH, bbox_inches=box, metadata={"Software": None})
    return buffer.getvalue()
