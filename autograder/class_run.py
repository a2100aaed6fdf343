"""`autograde`: the hand-ins of an assignment -> grades, gradebook, pages.

Grading happens in the pool's processes; this process alone writes, one submission at a time: the stored
grade, nbgrader's gradebook, and at the end the pages. A run that was interrupted is finished by running it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autograder import gradebook, reports
from autograder.course import Course
from autograder.grading.engine import rejected
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.intake import Rejected, Submission, submissions
from autograder.running.local import grade_all
from autograder.running.store import GradeStore, StoredGrade, course_key, submission_key

REFUSED = "refused"  # no key: a hand-in that could not be read is read anew on every run


@dataclass(frozen=True)
class Graded:
    """One student's result in a run: graded now, or still valid from before."""

    student: str
    grade: Grade
    how: Literal["graded", "unchanged", "rejected"]


@dataclass(frozen=True)
class Plan:
    """What a run has to do."""

    hand_ins: list[Submission]
    refused: list[Rejected]
    valid: dict[str, Grade]


def plan(
    course: Course,
    assignment: str,
    settings: GradingSettings,
    *,
    students: list[str] | None = None,
    force: bool = False,
) -> Plan:
    """Read the hand-ins of `assignment` and find out which have no valid grade yet."""
    found = [entry for entry in submissions(course, assignment) if not students or entry.student in students]
    refused = [entry for entry in found if isinstance(entry, Rejected)]
    store = GradeStore(course, assignment)
    key = course_key(course, assignment, settings)
    todo, valid = [], {}
    for entry in found:
        if isinstance(entry, Rejected):
            continue
        stored = None if force else store.get(entry.student)
        if stored is not None and stored.key == submission_key(entry, key):
            valid[entry.student] = stored.grade
        else:
            todo.append(entry)
    return Plan(todo, refused, valid)


def carry_out(
    plan: Plan, course: Course, assignment: str, settings: GradingSettings, *, jobs: int = 0
) -> Iterator[Graded]:
    """Grade what the plan lists, write each grade as it comes, and yield it; the pages are written at the end."""
    store = GradeStore(course, assignment)
    key = course_key(course, assignment, settings)
    for student, grade in plan.valid.items():
        yield Graded(student, grade, "unchanged")
    for entry in plan.refused:
        grade = rejected(entry, course, entry.sentence)
        gradebook.write(grade, entry, course)
        store.put(entry.student, StoredGrade(key=REFUSED, grade=grade))
        yield Graded(entry.student, grade, "rejected")
    for submission, grade in grade_all(plan.hand_ins, course, settings, jobs=jobs):
        _keep(store, course, submission, grade, key)
        yield Graded(submission.student, grade, "rejected" if grade.status == "rejected" else "graded")
    write_pages(course, assignment)


def write_pages(course: Course, assignment: str) -> list[str]:
    """Write the students' pages, the class page and the tables from the stored grades; the students that have one."""
    grades = {student: stored.grade for student, stored in _stored(GradeStore(course, assignment))}
    manual = {student: gradebook.manual_grades(course, assignment, student) for student in grades}
    reports.write_reports(course, assignment, grades, manual)
    return sorted(grades)


def _keep(store: GradeStore, course: Course, submission: Submission, grade: Grade, key: str) -> None:
    gradebook.write(grade, submission, course)
    store.put(submission.student, StoredGrade(key=submission_key(submission, key), grade=grade))


def _stored(store: GradeStore) -> Iterator[tuple[str, StoredGrade]]:
    for student in store.students():
        stored = store.get(student)
        if stored is not None:
            yield student, stored
