"""`autograde` on a machine with a GPU: the tests that need one, for the stored grades that wait for them.

Everything else in these grades is done, here or on another machine. One submission after the other on each GPU; what is
found is written as it comes, so a run that was interrupted is finished by running it again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from autograder.class_run import Graded, keep, write_pages
from autograder.course import Course
from autograder.grading.deferred import is_open, merged
from autograder.grading.grade import Grade, Status
from autograder.grading.settings import GradingSettings
from autograder.intake import Partners, Rejected, Submission, handed_in, read
from autograder.running.alone import run_alone
from autograder.running.local import GradingFailure
from autograder.running.pools import HERE, pool_for
from autograder.running.store import GradeStore, StoredGrade, course_key, in_brief, submission_key
from autograder.sandbox import Gpu


@dataclasses.dataclass(frozen=True)
class Waiting:
    """Whose valid grade waits for a GPU: the students by their hand-in's key, equal hand-ins together."""

    by_key: dict[str, tuple[str, ...]]
    key: str  # of all that decides a grade but the hand-in

    @property
    def students(self) -> int:
        return sum(map(len, self.by_key.values()))


def waiting(
    course: Course, assignment: str, settings: GradingSettings, *, students: Sequence[str] | None = None
) -> Waiting:
    """The stored grades of `assignment` with tests that wait for a GPU.

    A grade that is no longer valid (the hand-in, a hidden test or something else that decides it has changed) is not
    among them: it has to be graded again as a whole first.
    """
    store = GradeStore(course, assignment)
    key, groups = course_key(course, assignment, settings), Partners(course)
    found: dict[str, tuple[str, ...]] = {}
    for student in handed_in(course, assignment):
        if students is not None and student not in students:
            continue
        facts = store.facts(student)
        if facts is None or not is_open(store.brief(student)[0]):
            continue
        hand_in = read(course, assignment, student, groups)
        if isinstance(hand_in, Submission) and submission_key(hand_in, key) == facts.key:
            found[facts.key] = (*found.get(facts.key, ()), student)
    return Waiting(found, key)


def complete(
    todo: Waiting,
    course: Course,
    assignment: str,
    settings: GradingSettings,
    gpus: Sequence[Gpu],
    *,
    cluster: str | None = None,
    started: Callable[[str], None] = lambda student: None,
) -> Iterator[Graded]:
    """Run the tests that need a GPU, write each completed grade as it comes, and yield it; then the pages.

    One grading at a time on each of `gpus`, which are this machine's; where there are none, on the workers of the
    cluster that offer a GPU. `started` is told of each student whose hand-in goes to a grader. Raises what `grade_all`
    of the pool raises, and RunInProgressError.
    """
    on_gpus = dataclasses.replace(settings, device="gpu", gpus=tuple(gpus))
    store, groups = GradeStore(course, assignment), Partners(course)
    with run_alone(course, assignment):
        hand_ins = _hand_ins(todo, course, assignment, groups, started)
        with pool_for(course, on_gpus, jobs=len(gpus), address=HERE if gpus else cluster) as pool:
            for first, result in pool.grade_all(hand_ins):
                key = submission_key(first, todo.key)
                for student in todo.by_key[key]:
                    if isinstance(result, GradingFailure):
                        yield Graded(student, "failed", problem=result.reason)
                        continue
                    later = result.model_copy(update={"notices": result.notices[len(first.notices) :]})
                    hand_in, stored = read(course, assignment, student, groups), store.read(student)
                    yield _completed(course, store, hand_in, stored, later, key)
        write_pages(course, assignment)


def _hand_ins(
    todo: Waiting, course: Course, assignment: str, groups: Partners, started: Callable[[str], None]
) -> Iterator[Submission]:
    """The first of those with equal hand-ins, read when a grader is free. One that was replaced meanwhile is left to
    the next run: it has to be graded as a whole."""
    for key, (first, *_) in todo.by_key.items():
        hand_in = read(course, assignment, first, groups)
        if isinstance(hand_in, Submission) and submission_key(hand_in, todo.key) == key:
            started(first)
            yield hand_in


def _completed(
    course: Course,
    store: GradeStore,
    hand_in: Submission | Rejected,
    stored: StoredGrade | None,
    later: Grade,
    key: str,
) -> Graded:
    if stored is None or stored.key != key:
        return Graded(
            hand_in.student, "failed", problem="Its stored grade has changed meanwhile. Run this again."
        )
    grade = merged(stored.grade, later)
    keep(store, course, hand_in, grade, key, stored.file_key, stored.own_notices)
    if is_open(grade):
        outcomes = (outcome for item in later.items for outcome in item.outcomes)
        reasons = dict.fromkeys(outcome.message for outcome in outcomes if outcome.status == Status.DEFERRED)
        return Graded(hand_in.student, "failed", problem=" ".join(("Its points stay open.", *reasons)))
    return Graded(hand_in.student, "completed", in_brief(grade))
