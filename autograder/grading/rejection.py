"""The grade of a hand-in that is no notebook. Runs nothing, so it imports nothing that could."""

from __future__ import annotations

from autograder import notebooks
from autograder.course import Course
from autograder.grading.grade import Grade, ItemGrade, Status
from autograder.intake.submission import HandIn


def rejected(hand_in: HandIn, course: Course, reason: str) -> Grade:
    """The grade of a hand-in that is no notebook: no points, and the sentence that says what to do."""
    cells = notebooks.grade_cells(notebooks.read(course.release(hand_in.assignment)))
    items = tuple(
        ItemGrade(
            id=cell.id,
            title=cell.title,
            score=None if cell.kind != "autograded" else 0.0,
            max_score=cell.points,
            status=Status.MANUAL if cell.kind != "autograded" else Status.MISSING,
        )
        for cell in cells
    )
    return Grade(
        assignment=hand_in.assignment,
        student=hand_in.student,
        score=0.0,
        max_score=round(sum(item.max_score for item in items), 2),
        status="rejected",
        reason=reason,
        items=items,
        notices=hand_in.notices,
    )
