"""Grades in nbgrader's own database and in autograded/, so that its formgrader and feedback show them.

gradebook.write(grade, submission, course)              # one transaction
gradebook.manual_grades(course, "ass1", "ada")["mlp-why"].comment
"""

from autograder.gradebook.database import GradebookError
from autograder.gradebook.reader import (
    ManualGrade,
    RecordedGrades,
    RecordedItem,
    by_hand,
    class_grades,
    hand_in_times,
    manual_grades,
    recorded_grades,
)
from autograder.gradebook.writer import Written, add_students, register, settle_penalties, write

__all__ = [
    "GradebookError",
    "ManualGrade",
    "RecordedGrades",
    "RecordedItem",
    "Written",
    "add_students",
    "by_hand",
    "class_grades",
    "hand_in_times",
    "manual_grades",
    "recorded_grades",
    "register",
    "settle_penalties",
    "write",
]
