"""What the fixtures of hidden tests draw on during one grading, and what they leave behind."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure as Drawing
from nbformat import NotebookNode

from autograder.course import Assignment, Course
from autograder.data import Dataset, load
from autograder.grading.grade import Figure, Outcome, Picture
from autograder.grading.session import StudentSession
from autograder.notebooks import StudentCell, python_text, student_code
from autograder.secret import seed

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass
class GradingContext:
    """One submission's grading. `open_session(notebook, prelude)` starts a sandbox for a notebook."""

    course: Course
    assignment: Assignment
    handed_in: NotebookNode  # as the student handed it in, with its saved outputs
    restored: NotebookNode  # protected cells restored
    sessions: list[StudentSession]  # of the student: the main one first, then those that tests opened
    open_session: Callable[[NotebookNode, str], StudentSession]
    reference: Callable[[], StudentSession]
    secret: bytes
    gpu: bool = False
    only_gpu: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    data_sources: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def session(self) -> StudentSession:
        return self.sessions[0]

    def rng(self, item: str, test: str) -> np.random.Generator:
        """A generator that is the same for every student of a term, and different in the next."""
        return np.random.default_rng(seed(self.secret, self.course.id, self.assignment.name, f"{item}|{test}"))


class Data:
    """Data sets by name, labels included: they stay on the grader's side."""

    def __init__(self, context: GradingContext) -> None:
        self._context = context

    def __getitem__(self, name: str) -> Dataset:
        """The data set `name`; KeyError for a name that course.yaml does not grant this assignment."""
        granted = self._context.assignment.data
        if name not in {*granted.hand_out, *granted.hold_back}:
            raise KeyError(f"course.yaml grants {self._context.assignment.name} no data set {name!r}")
        dataset = load(name, self._context.course)
        self._context.data_sources[name] = dataset.source
        return dataset


class Source:
    """The submitted code as text: evidence about how something was written, never about what it does."""

    def __init__(self, context: GradingContext) -> None:
        self.notebook: NotebookNode = context.handed_in
        self.cells: list[StudentCell] = student_code(context.restored)

    @property
    def text(self) -> str:
        """All of the student's code cells, magics neutralised, joined by blank lines."""
        return "\n\n".join(python_text(cell.text) for cell in self.cells)


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
        self.figures.append(Figure(name=name, value=plain, unit=unit, low=low, high=high, threshold=threshold))

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


