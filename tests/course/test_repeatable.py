"""The same submission gets the same grade, every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course
from autograder.grading.engine import grade
from autograder.grading.opening import GradingSettings
from autograder.intake import submission_from_file

COURSE = Course.load(Path(__file__).resolve().parents[2])


@pytest.mark.full
@pytest.mark.parametrize("assignment", sorted(COURSE.assignments))
def test_twenty_gradings_are_one_grade(assignment: str) -> None:
    hand_in = submission_from_file(COURSE.source(assignment), assignment)
    grades = [grade(hand_in, COURSE, GradingSettings(isolation="weak")) for _ in range(20)]
    seen = {tuple((item.id, item.score, item.status) for item in result.items) for result in grades}
    assert len(seen) == 1
