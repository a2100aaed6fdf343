"""Pictures that hidden tests leave: all of the drawing, and little more."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from autograder.grading.measure import Measure


def dots(drawing: Figure) -> np.ndarray:
    """The picture's dots [height, width, 3]."""
    measure = Measure()
    measure.picture("drawing", drawing, "a drawing")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(measure.pictures[0].png))))


def places(picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero((picture == colour).all(axis=2))


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_what_stands_beside_the_figure_is_kept_and_empty_paper_is_not(layout: str | None) -> None:
    figure = Figure(figsize=(2.0, 1.0), layout=layout)
    figure.add_subplot().axis("off")
    figure.patches.append(square(figure, -0.5, 0.2, "red"))  # an inch to the left of the figure
    figure.patches.append(square(figure, 1.4, 0.6, "blue"))
    picture = dots(figure)
    assert picture.shape[2] == 3
    rows, columns = places(picture, (255, 0, 0))
    # Squares of 0.2 by 0.2 of the figure at 110 dots an inch, 11 dots of margin around both.
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == pytest.approx((44, 22), abs=2)
    assert columns.min() == pytest.approx(11, abs=1)
    assert picture.shape[0] - 1 - rows.max() == pytest.approx(11, abs=1)
    rows, columns = places(picture, (0, 0, 255))
    assert rows.min() == pytest.approx(11, abs=1)
    assert picture.shape[1] - 1 - columns.max() == pytest.approx(11, abs=1)
    assert picture.shape[1] == pytest.approx(11 + 2.1 * 220 + 11, abs=3)


def test_a_legend_of_the_figure_stands_beside_its_axes() -> None:
    figure = Figure(figsize=(3.0, 2.0), layout="constrained")
    figure.add_subplot().plot([1, 2], label="a line")
    figure.legend(loc="outside right upper")
    height, width, _ = dots(figure).shape
    assert height <= 2.0 * 110 + 30
    assert width <= 3.0 * 110 + 30


def square(figure: Figure, left: float, bottom: float, colour: str) -> Rectangle:
    return Rectangle((left, bottom), 0.2, 0.2, color=colour, transform=figure.transFigure, lw=0)
