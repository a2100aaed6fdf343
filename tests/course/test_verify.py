"""The course's hidden tests: solutions score full, variants lose what they must and nothing else.

Every day the solution of each assignment and two of its variants, a wrong and an unusual one, are graded in real
sandboxes; `make test-full` grades all of them, as `autograder verify` does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course
from autograder.grading.opening import GradingSettings
from autograder.grading.variants import read_variants
from autograder.verify import SOLUTION, verify

COURSE = Course.load(Path(__file__).resolve().parents[2])
ASSIGNMENTS = sorted(COURSE.assignments)
SETTINGS = GradingSettings(
    isolation="weak"
)  # the verdict must not depend on the layers that this machine has


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_solution_and_two_variants(assignment: str) -> None:
    names = [variant.name for variant in read_variants(COURSE.hidden_tests(assignment) / "variants")]
    wrong = [name for name in names if name.startswith("wrong")]
    unusual = [name for name in names if name.startswith("unusual")]
    assert len(wrong) >= 3, "an assignment needs wrong variants"
    assert len(unusual) >= 2, "an assignment needs unusual correct variants"
    chosen = {SOLUTION, wrong[len(wrong) // 2], unusual[0]}
    found = list(verify(COURSE, assignment, SETTINGS, names=chosen))
    assert {verdict.name for verdict in found} == chosen
    assert [(verdict.name, verdict.disagreements) for verdict in found if verdict.disagreements] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_item_is_lost_by_three_wrong_variants(assignment: str) -> None:
    """Checked on the files: whether they do lose it is what verifying them shows."""
    from autograder import notebooks

    variants = read_variants(COURSE.hidden_tests(assignment) / "variants")
    for cell in notebooks.grade_cells(notebooks.read(COURSE.release(assignment))):
        if cell.kind == "autograded" and cell.id not in {"hand-in", "gpu-throughput"}:
            losing = [variant.name for variant in variants if cell.id in variant.loses]
            assert len(losing) >= 3, f"{assignment}: {cell.id} is lost by {losing} only"


@pytest.mark.full
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_all_variants(assignment: str) -> None:
    found = list(verify(COURSE, assignment, SETTINGS))
    assert [(verdict.name, verdict.disagreements) for verdict in found if verdict.disagreements] == []
