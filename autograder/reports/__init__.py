"""Grades as pages for students and instructors, as tables, and in the formats that learning platforms take
back."""

from autograder.reports.class_page import Row, class_pages
from autograder.reports.standing import ItemStanding, Late, Standing, State, standing
from autograder.reports.student import student_page
from autograder.reports.tables import canvas_csv, class_csv, moodle_csv
from autograder.reports.writing import write_reports

__all__ = [
    "ItemStanding",
    "Late",
    "Row",
    "Standing",
    "State",
    "canvas_csv",
    "class_csv",
    "class_pages",
    "moodle_csv",
    "standing",
    "student_page",
    "write_reports",
]
