"""`autograde`: the hand-ins of an assignment -> grades, gradebook, pages.

Grading happens in the pool's processes; this process alone writes, one submission at a time: nbgrader's gradebook, then
the stored grade, and at the end the pages. A run that was interrupted, at any moment, is finished by running it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autograder import gradebook, reports
from autograder.course import Course
from autograder.gradebook import RecordedGrades, Written
from autograder.grading.engine import rejected
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.intake import Rejected, Submission, submissions
from autograder.intake.submission import HandIn
from autograder.running.local import GradingFailure, LocalPool
from autograder.running.store import GradeStore, StoredGrade, course_key, submission_key

REFUSED = "refused"  # the key of a hand-in that could not be read: it is read anew on every run


@dataclass(frozen=True)
class Graded:
    """One student's result in a run. `failed`: the grader broke on it, nothing was recorded, `problem` says why."""

    student: str
    how: Literal["graded", "unchanged", "rejected", "failed"]
    grade: Grade | None = None
    problem: str = ""


@dataclass(frozen=True)
class Plan:
    """What a run has to do. Hand-ins with equal content stand together in one entry of `work`."""

    work: tuple[tuple[Submission, ...], ...]
    refused: tuple[Rejected, ...]
    valid: dict[str, tuple[Submission, Grade]]
    key: str

    @property
    def students(self) -> int:
        return sum(map(len, self.work)) + len(self.refused) + len(self.valid)


def plan(
    course: Course,
    assignment: str,
    settings: GradingSettings,
    *,
    students: list[str] | None = None,
    force: bool = False,
) -> Plan:
    """Read the hand-ins of `assignment` and find out which have no valid grade yet; the longest expected come first."""
    found = [entry for entry in submissions(course, assignment) if not students or entry.student in students]
    store = GradeStore(course, assignment)
    key = course_key(course, assignment, settings)
    work: dict[str, list[Submission]] = {}
    expected: dict[str, float] = {}
    valid: dict[str, tuple[Submission, Grade]] = {}
    for entry in found:
        if isinstance(entry, Rejected):
            continue
        stored = store.get(entry.student)
        own_key = submission_key(entry, key)
        if stored is not None and stored.key == own_key and not force:
            valid[entry.student] = entry, stored.grade
            continue
        work.setdefault(own_key, []).append(entry)
        expected[own_key] = max(expected.get(own_key, 0.0), stored.grade.timing.wall_s if stored else 0.0)
    order = sorted(work, key=lambda one: (-expected[one], -len(work[one][0].notebook), one))
    refused = tuple(entry for entry in found if isinstance(entry, Rejected))
    return Plan(tuple(tuple(work[one]) for one in order), refused, valid, key)


def carry_out(
    plan: Plan, course: Course, assignment: str, settings: GradingSettings, *, jobs: int = 0
) -> Iterator[Graded]:
    """Grade what the plan lists, write each grade as it comes, and yield it; the pages are written at the end."""
    store = GradeStore(course, assignment)
    gradebook.add_students(course)
    recorded = gradebook.class_grades(course, assignment)
    for student, (submission, grade) in plan.valid.items():
        if not _is_recorded(course, submission, recorded.get(student)):
            keep(store, course, submission, grade, submission_key(submission, plan.key))
        yield Graded(student, "unchanged", grade)
    for entry in plan.refused:
        grade = rejected(entry, course, entry.sentence)
        keep(store, course, entry, grade, REFUSED)
        yield Graded(entry.student, "rejected", grade)
    alike = {entries[0].student: entries for entries in plan.work}
    with LocalPool(course, settings, jobs=jobs) as pool:
        for first, result in pool.grade_all(entries[0] for entries in plan.work):
            for submission in alike[first.student]:
                if isinstance(result, GradingFailure):
                    yield Graded(submission.student, "failed", problem=result.reason)
                    continue
                grade = result.model_copy(update={"student": submission.student})
                keep(store, course, submission, grade, submission_key(submission, plan.key))
                yield Graded(
                    submission.student, "rejected" if grade.status == "rejected" else "graded", grade
                )
    write_pages(course, assignment)


def write_pages(course: Course, assignment: str) -> list[str]:
    """Write the students' pages, the class page and the tables from the stored grades; the students that have one."""
    store = GradeStore(course, assignment)
    stored = {student: kept.grade for student in store.students() if (kept := store.get(student)) is not None}
    gradebook.settle_penalties(course, assignment)
    reports.write_reports(course, assignment, stored)
    return sorted(stored)


def _is_recorded(course: Course, hand_in: HandIn, record: RecordedGrades | None) -> bool:
    """Whether the gradebook and autograded/ have this hand-in: they may have been deleted, or its time be new."""
    shown = course.autograded / hand_in.student / hand_in.assignment / f"{hand_in.assignment}.ipynb"
    return record is not None and record.submitted_at == hand_in.submitted_at and shown.exists()


def keep(store: GradeStore, course: Course, hand_in: HandIn, grade: Grade, key: str) -> Written:
    """Write a grade for everybody whom the hand-in counts for: a group's members have a page each.

    The gradebook first: a grade counts as done only when both are written.
    """
    written = gradebook.write(grade, hand_in, course)
    for student in written.students:
        own = grade.model_copy(update={"student": student})
        store.put(student, StoredGrade(key=key, grade=own))
    return written
