"""What the fixtures of hidden tests draw on during one grading, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from nbformat import NotebookNode

from autograder.course import Assignment, Course
from autograder.data import Dataset, load
from autograder.grading.grade import Outcome
from autograder.grading.session import StudentSession
from autograder.notebooks import StudentCell, python_text, solution_cells, student_code
from autograder.sandbox import Gpu, SandboxError
from autograder.secret import TermSecret, seed


class DisturbedError(SandboxError):
    """Something ended a sandbox in the middle of a grading."""


@dataclass
class GradingContext:
    """One submission's grading. `open_session(notebook, prelude)` starts a sandbox for a notebook."""

    course: Course
    assignment: Assignment
    handed_in: NotebookNode  # as the student handed it in, with its saved outputs
    release: NotebookNode
    restored: NotebookNode  # protected cells restored
    sessions: list[StudentSession]  # of the student: the main one first, then those that tests opened
    open_session: Callable[[NotebookNode, str], StudentSession]
    reference: Callable[[], StudentSession]
    secret: TermSecret
    gpu: Gpu | None = None  # where there is one, only the tests that need it are run
    references: list[StudentSession] = field(default_factory=list)  # the one that tests asked for, if any did
    outcomes: list[Outcome] = field(default_factory=list)
    data_sources: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)  # measurements that this machine did not allow
    questioned: set[int] = field(
        default_factory=set
    )  # generations of the main session that a test has questioned
    raised_anew: set[str] = field(default_factory=set)  # what the student's code raised in a new process, too

    def session(self) -> StudentSession:
        return self.sessions[0]

    def check_undisturbed(self, *, kills_count: bool) -> None:
        """Raises `DisturbedError` if a sandbox of this grading was ended from outside, so that what was found says
        nothing about the student; with `kills_count`, also if one was killed and may have done it itself.
        """
        for session in (*self.sessions, *self.references):
            session.note_end()
            if session.lost or (session.killed and kills_count):
                raise DisturbedError(
                    "A sandbox was ended by something else than the student's code or a limit."
                )

    def rng(self, item: str, test: str) -> np.random.Generator:
        """A generator that is the same for every student of a term, and different in the next."""
        return np.random.default_rng(seed(self.secret, self.course, self.assignment.name, f"{item}|{test}"))


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
        self._given = {
            cell.grade_id: cell.text for cell in solution_cells(context.release) if cell.cell_type == "code"
        }

    @property
    def text(self) -> str:
        """All of the student's code cells, magics neutralised, joined by blank lines."""
        return "\n\n".join(python_text(cell.text) for cell in self.cells)

    @property
    def untouched(self) -> bool:
        """Whether every solution cell of code is as it was released: a rule that nothing breaks is then not kept."""
        own = {cell.grade_id: cell.text for cell in self.cells}
        return all(own.get(name, text).strip() == text.strip() for name, text in self._given.items())
