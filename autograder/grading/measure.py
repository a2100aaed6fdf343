"""Figures and pictures that a hidden test leaves for the report."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np

from autograder.grading.grade import Figure, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


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

    def picture(self, name: str, drawing: Drawing | bytes, caption: str) -> None:
        """Record a picture: a matplotlib figure or the bytes of a PNG file. ValueError for other bytes."""
        png = drawing if isinstance(drawing, bytes) else _png(drawing)
        if not png.startswith(PNG_SIGNATURE):
            raise ValueError(f"The picture {name!r} is no PNG file.")
        self.pictures.append(Picture(name=name, caption=caption, png=base64.b64encode(png).decode("ascii")))


def _png(drawing: Drawing) -> bytes:
    buffer = io.BytesIO()
    drawing.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()
