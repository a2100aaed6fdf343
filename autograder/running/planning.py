"""What a run over a class has to do. Imports little: a run with nothing to do should cost next to nothing.

Planning looks at the bytes of each hand-in and at the first line of each stored grade; it opens no notebook.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.course import Course
from autograder.grading.settings import GradingSettings
from autograder.intake import Glance, Partners, Roster, glance, handed_in
from autograder.running.store import Facts, GradeStore, course_key, file_key


@dataclass(frozen=True)
class Plan:
    """What a run has to do: whom to grade, the longest expected first, and whose stored grade is valid."""

    todo: tuple[str, ...]
    valid: dict[str, Glance]
    known: dict[str, str]  # key of a hand-in -> a student with the valid grade of it
    key: str  # of all that decides a grade but the hand-in
    force: bool = False  # no stored grade counts

    @property
    def students(self) -> int:
        return len(self.todo) + len(self.valid)


def plan(
    course: Course,
    assignment: str,
    settings: GradingSettings,
    *,
    students: list[str] | None = None,
    force: bool = False,
) -> Plan:
    """Look at the hand-ins of `assignment` and find out which have no valid grade yet.

    A grade is valid if it was made of the same notebook under the same conditions. Equal bytes tell so without reading
    the notebook; of others the content is compared when they are read. Raises RosterError, before anything is graded.
    """
    Roster.of(course).check_tracks(course.assignment(assignment))
    store = GradeStore(course, assignment)
    key = course_key(course, assignment, settings)
    groups = Partners(course)
    todo: dict[str, tuple[float, int]] = {}
    valid: dict[str, Glance] = {}
    known: dict[str, str] = {}
    for student in handed_in(course, assignment):
        if students and student not in students:
            continue
        seen = glance(course, assignment, student, groups)
        # What cannot be read is filed under another name: its own may be too long for a file's.
        facts = store.facts(student) if seen is not None else None
        if _is_valid(facts, seen, key) and not force:
            assert seen is not None
            assert facts is not None
            valid[student] = seen
            known.setdefault(facts.key, student)
            continue
        todo[student] = (facts.wall_s if facts else 0.0, seen.size if seen else 0)
    times = sorted(wall_s for wall_s, _ in todo.values() if wall_s)
    usual = times[len(times) // 2] if times else 0.0
    order = sorted(todo, key=lambda student: (-(todo[student][0] or usual), -todo[student][1], student))
    return Plan(tuple(order), valid, known, key, force)


def _is_valid(facts: Facts | None, seen: Glance | None, key: str) -> bool:
    return seen is not None and facts is not None and facts.file_key == file_key(seen.file_digest, key)
