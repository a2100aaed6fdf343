"""Proof of an assignment's hidden tests: the solution and the variants are graded, and what disagrees is said."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder import notebooks
from autograder.course import Course
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.grading.variants import Variant, read_variants
from autograder.intake import Submission
from autograder.running.local import GradingFailure, LocalPool

SOLUTION = "solution"


@dataclass(frozen=True)
class Verdict:
    """How one variant's grade compares with what its file expects."""

    assignment: str
    name: str
    expects: str
    grade: Grade
    disagreements: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        lost = [
            item.id for item in self.grade.items if item.score is not None and item.score < item.max_score
        ]
        return {
            "assignment": self.assignment,
            "variant": self.name,
            "expects": self.expects,
            "agrees": not self.disagreements,
            "disagreements": list(self.disagreements),
            "lost": lost,
            "score": self.grade.score,
            "max_score": self.grade.max_score,
            "wall_s": self.grade.timing.wall_s,
            "cpu_s": self.grade.timing.cpu_s,
        }


def verify(
    course: Course,
    assignment: str,
    settings: GradingSettings,
    *,
    variants: Path | None = None,
    only: str | None = None,
    names: Collection[str] | None = None,
    jobs: int = 0,
) -> Iterator[Verdict]:
    """Grade the solution and the variants of `assignment`, yielding each verdict as it is known.

    `variants` replaces the folder `tests/hidden/<a>/variants`; `only` keeps the variants whose name contains it,
    `names` those that it lists. Raises `VariantError` for a variant file that cannot be understood, before anything
    is graded.
    """
    solution = notebooks.read(course.source(assignment))
    folder = variants or course.hidden_tests(assignment) / "variants"

    def wanted(name: str) -> bool:
        return (only is None or only in name) and (names is None or name in names)

    chosen = [variant for variant in read_variants(folder) if wanted(variant.name)]
    expected = {variant.name: variant for variant in chosen}
    hand_ins = [_submission(assignment, variant.name, variant.apply(solution)) for variant in chosen]
    if wanted(SOLUTION):
        expected[SOLUTION] = Variant(SOLUTION, "The instructor's solution.", frozenset(), frozenset(), {}, ())
        hand_ins.insert(0, _submission(assignment, SOLUTION, solution))
    with LocalPool(course, settings, jobs=jobs) as pool:
        for submission, result in pool.grade_all(hand_ins):
            yield _verdict(assignment, expected[submission.student], result)


def _verdict(assignment: str, variant: Variant, result: Grade | GradingFailure) -> Verdict:
    if isinstance(result, GradingFailure):
        nothing = Grade(
            assignment=assignment, student=variant.name, score=0.0, max_score=0.0, status="rejected"
        )
        grade = nothing
        disagreements: tuple[str, ...] = (f"could not be graded: {result.reason}",)
    else:
        grade, disagreements = result, tuple(variant.disagreements(result))
    return Verdict(
        assignment=assignment,
        name=variant.name,
        expects=f"loses {' '.join(sorted(variant.loses))}" if variant.loses else "full",
        grade=grade,
        disagreements=disagreements,
    )


def _submission(assignment: str, name: str, notebook: nbformat.NotebookNode) -> Submission:
    return Submission(
        assignment=assignment, student=name, notebook=nbformat.writes(notebook), path=f"{name}.ipynb"
    )
