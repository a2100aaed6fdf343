"""`autograde`: the hand-ins of an assignment -> grades, gradebook, pages.

Grading happens in the pool's processes; this process alone writes, one submission at a time: nbgrader's gradebook, then
the stored grade, and at the end the pages. A run that was interrupted, at any moment, is finished by running it again.

No more than the hand-ins that are being graded are in memory: planning looks at the bytes of each, and a hand-in is
read when a grader is free for it.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from autograder import gradebook, reports
from autograder.course import Course
from autograder.gradebook import GradebookError, Written
from autograder.grading.deferred import carried_over, is_open
from autograder.grading.grade import Grade
from autograder.grading.rejection import rejected
from autograder.grading.settings import GradingSettings
from autograder.intake import Glance, Partners, Rejected, Submission, read
from autograder.intake.submission import HandIn
from autograder.running.alone import run_alone
from autograder.running.local import GradingFailure, Result
from autograder.running.planning import Plan as Plan
from autograder.running.planning import plan as plan
from autograder.running.pools import Pool, pool_for
from autograder.running.store import GradeStore, StoredGrade, file_key, in_brief, submission_key

REFUSED = "refused"  # the key of a hand-in that could not be read: it is read anew on every run


@dataclass(frozen=True)
class Graded:
    """One student's result in a run. `failed`: the grader broke on it, nothing was recorded, `problem` says why.

    `grade` is without notebook, log and pictures; of what is unchanged it is None, `GradeStore.brief` has it.
    """

    student: str
    how: Literal["graded", "unchanged", "completed", "rejected", "failed"]
    grade: Grade | None = None
    problem: str = ""


def carry_out(
    plan: Plan,
    course: Course,
    assignment: str,
    settings: GradingSettings,
    *,
    jobs: int = 0,
    cluster: str | None = None,
    pool: Pool | None = None,
    gpu_again: bool = False,
    started: Callable[[str], None] = lambda student: None,
) -> Iterator[Graded]:
    """Grade what the plan lists, write each grade as it comes, and yield it; the pages are written at the end.

    `pool` is one that the caller has entered, and ends; by default the run has one of its own, with `jobs` graders or
    on the `cluster` of this address, as for `pool_for`. `started` is told of each student whose hand-in goes to a
    grader. What a GPU has found about the same hand-in before is kept, unless that is to be done `gpu_again`. Raises
    RunInProgressError while another run grades this assignment.
    """
    graders: contextlib.AbstractContextManager[Pool] = (
        pool_for(course, settings, jobs=jobs, address=cluster)
        if pool is None
        else contextlib.nullcontext(pool)
    )
    with run_alone(course, assignment):
        run = _Run(plan, course, assignment, gpu_again, started)
        with graders as pool:
            results = pool.grade_all(run.submissions())  # graders are at work while the gradebook is prepared
            gradebook.add_students(course)
            yield from run.settle_valid()
            for submission, result in results:
                yield from run.take(submission, result)
                yield from run.settled_meanwhile()
            yield from run.settled_meanwhile()
        write_pages(course, assignment)


def write_pages(course: Course, assignment: str) -> list[str]:
    """Write the students' pages, the class page and the tables from the stored grades; the students that have one."""
    store = GradeStore(course, assignment)
    gradebook.settle_penalties(course, assignment)
    reports.write_reports(course, assignment, store, store.brief)
    return list(store)


def keep(
    store: GradeStore,
    course: Course,
    hand_in: HandIn,
    grade: Grade,
    key: str,
    of_file: str = "",
    own_notices: int | None = None,
) -> Written:
    """Write a grade for everybody whom the hand-in counts for: a group's members have a page each.

    `key` and `of_file` are what decided it; `own_notices` of its notices are the hand-in's own, by default those that
    it has now.

    The gradebook first, then the stored grade of the members, and last that of whoever handed in: a grade counts as
    done only when all is written.
    """
    written = gradebook.write(grade, hand_in, course)
    notices = len(hand_in.notices) if own_notices is None else own_notices
    for student in sorted(written.students, key=lambda student: student == hand_in.student):
        own = grade.model_copy(update={"student": student})
        stored = StoredGrade(key=key, grade=own, file_key=of_file, group=hand_in.group, own_notices=notices)
        store.put(student, stored)
    return written


def with_gpu_findings(grade: Grade, store: GradeStore, student: str, key: str) -> Grade:
    """`grade`, made without a GPU, with what one has found about the same hand-in under the same conditions."""
    before = store.read(student)
    return carried_over(grade, before.grade) if before is not None and before.key == key else grade


@dataclass
class _Run:
    """A run under way. Equal hand-ins are graded once: the others wait for the first, or take its stored grade."""

    plan: Plan
    course: Course
    assignment: str
    gpu_again: bool
    started: Callable[[str], None]
    store: GradeStore = field(init=False)
    _done: dict[str, str] = field(init=False)  # key of a hand-in -> a student who has its grade
    _broken: dict[str, str] = field(default_factory=dict)  # key -> why the grader failed on it
    _waiting: dict[str, list[Submission]] = field(
        default_factory=dict
    )  # by the key of the one that is graded
    _settled: deque[tuple[Submission | Rejected, str]] = field(
        default_factory=deque
    )  # no grader needed; the key

    def __post_init__(self) -> None:
        self.store = GradeStore(self.course, self.assignment)
        self._done = dict(self.plan.known)

    def settle_valid(self) -> Iterator[Graded]:
        """Students with a valid grade. It is written again where the gradebook or autograded/ does not have it."""
        times = gradebook.hand_in_times(self.course, self.assignment)
        for student, seen in self.plan.valid.items():
            recorded = student in times and times[student] == seen.submitted_at and self._is_shown(student)
            facts = self.store.facts(student)
            if not recorded or facts is None or facts.group != seen.group:
                stored = self.store.read(student)
                if stored is None:
                    raise GradebookError(f"The stored grade of {student} is gone. Run this again.")
                self._write(seen, stored, self._file_key(seen))
            yield Graded(student, "unchanged")

    def submissions(self) -> Iterator[Submission]:
        """What graders are needed for, read one by one as they come free."""
        groups = Partners(self.course)
        for student in self.plan.todo:
            found = read(self.course, self.assignment, student, groups)
            if isinstance(found, Rejected):
                self._settled.append((found, REFUSED))
                continue
            key = submission_key(found, self.plan.key)
            facts = self.store.facts(student)
            has_own = facts is not None and facts.key == key and not self.plan.force
            if has_own or key in self._done or key in self._broken:
                self._settled.append((found, key))
            elif key in self._waiting:
                self._waiting[key].append(found)
            else:
                self._waiting[key] = []
                self.started(student)
                yield found

    def take(self, submission: Submission, result: Result) -> Iterator[Graded]:
        """What the graders found out about one submission, for all that are equal to it."""
        key = submission_key(submission, self.plan.key)
        alike = (submission, *self._waiting.pop(key))
        if isinstance(result, GradingFailure):
            self._broken[key] = result.reason
            for each in alike:
                yield Graded(each.student, "failed", problem=result.reason)
            return
        for each in alike:
            yield self._keep(each, _for(each, result, len(submission.notices)), key)
        self._done[key] = submission.student

    def settled_meanwhile(self) -> Iterator[Graded]:
        """Hand-ins that need no grader: refused ones, and those that are equal to one that has a grade."""
        while self._settled:
            hand_in, key = self._settled.popleft()
            if isinstance(hand_in, Rejected):
                yield self._keep(hand_in, rejected(hand_in, self.course, hand_in.sentence), key)
            elif key in self._broken:
                yield Graded(hand_in.student, "failed", problem=self._broken[key])
            else:
                yield self._take_over(hand_in, key)

    def _take_over(self, hand_in: Submission, key: str) -> Graded:
        """The grade that is stored for an equal hand-in: the student's own, if the file alone is another."""
        own = self.store.read(hand_in.student)
        if own is not None and own.key == key and not self.plan.force:
            self._write(hand_in, own, self._file_key(hand_in))
            return Graded(hand_in.student, "unchanged")
        equal = self.store.read(self._done[key])
        if equal is None:
            raise GradebookError(f"The stored grade of {self._done[key]} is gone. Run this again.")
        return self._keep(hand_in, _for(hand_in, equal.grade, equal.own_notices), key)

    def _keep(self, hand_in: Submission | Rejected, grade: Grade, key: str) -> Graded:
        of_file = self._file_key(hand_in) if isinstance(hand_in, Submission) else ""
        if is_open(grade) and not self.gpu_again:
            grade = with_gpu_findings(grade, self.store, hand_in.student, key)
        keep(self.store, self.course, hand_in, grade, key, of_file)
        how: Literal["graded", "rejected"] = "rejected" if grade.status == "rejected" else "graded"
        return Graded(hand_in.student, how, in_brief(grade))

    def _write(self, hand_in: HandIn, stored: StoredGrade, of_file: str) -> None:
        keep(self.store, self.course, hand_in, stored.grade, stored.key, of_file, stored.own_notices)

    def _file_key(self, hand_in: Submission | Glance) -> str:
        return file_key(hand_in.file_digest, self.plan.key)

    def _is_shown(self, student: str) -> bool:
        return (self.course.autograded / student / self.assignment / f"{self.assignment}.ipynb").exists()


def _for(hand_in: HandIn, grade: Grade, own_notices: int) -> Grade:
    """The grade of an equal hand-in, as this one's: what was set right on the way in is each hand-in's own."""
    notices = (*hand_in.notices, *grade.notices[own_notices:])
    return grade.model_copy(update={"student": hand_in.student, "notices": notices})
