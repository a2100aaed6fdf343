"""Proof of an assignment's hidden tests: the solution and the variants are graded, and what disagrees is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder import notebooks
from autograder.course import Course
from autograder.grading.deferred import is_open, merged
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.grading.variants import Variant, read_variants
from autograder.intake import Submission
from autograder.running.local import GradingFailure, LocalPool
from autograder.sandbox import Gpu

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
    gpus: Callable[[], Sequence[Gpu]] = tuple,
) -> Iterator[Verdict]:
    """Grade the solution and the variants of `assignment`, yielding each verdict as it is known.

    `variants` replaces the folder `tests/hidden/<a>/variants`; `only` keeps the variants whose name contains it,
    `names` those that it lists. `gpus` is asked for the GPUs to use if there are tests that need one; without any,
    their items are left out of the comparison. Raises `VariantError` for a variant file that cannot be understood,
    before anything is graded.
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
    waiting: dict[str, tuple[Submission, Grade]] = {}
    with LocalPool(course, settings, jobs=jobs) as pool:
        for submission, result in pool.grade_all(hand_ins):
            if isinstance(result, Grade) and is_open(result) and gpus():
                waiting[submission.student] = submission, result
            else:
                yield _verdict(assignment, expected[submission.student], result)
    if not waiting:
        return
    on_gpus = dataclasses.replace(settings, device="gpu", gpus=tuple(gpus()))
    with LocalPool(course, on_gpus, jobs=len(on_gpus.gpus)) as pool:
        for submission, result in pool.grade_all(submission for submission, _ in waiting.values()):
            whole = merged(waiting[submission.student][1], result) if isinstance(result, Grade) else result
            yield _verdict(assignment, expected[submission.student], whole)


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
