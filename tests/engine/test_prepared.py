"""What is drawn once for all submissions is the same as if it were drawn for each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autograder.course import Course
from autograder.grading.prepared import Prepared

FIXTURE = Path(__file__).parent / "course_fixture"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    folder = tmp_path / "course"
    shutil.copytree(FIXTURE, folder)
    return Course.load(folder)


class Dice:
    """Draws an array and counts how often it was asked to."""

    def __init__(self, course: Course, seed: int = 1) -> None:
        self.thrown = 0
        self.rng = np.random.default_rng(seed)
        self.prepared = Prepared(course, course.assignment("mini"))

    def throw(self, name: str = "dice") -> np.ndarray:
        return self.prepared(name, self.rng, self._make)

    def _make(self) -> np.ndarray:
        self.thrown += 1
        return self.rng.integers(0, 1000, 5)


def test_the_second_student_gets_the_same_and_nothing_is_drawn(course: Course) -> None:
    plain = np.random.default_rng(1)
    expected = plain.integers(0, 1000, 5), plain.random()
    for student in (Dice(course), Dice(course)):
        assert (student.throw() == expected[0]).all()
        assert student.rng.random() == expected[1]  # what the test draws afterwards
    assert student.thrown == 0


def test_another_seed_or_name_is_another_draw(course: Course) -> None:
    first, second = Dice(course, seed=1), Dice(course, seed=2)
    assert (first.throw() != second.throw()).any()
    assert second.thrown == 1
    third = Dice(course, seed=1)
    third.throw("other dice")
    assert third.thrown == 1


def test_a_test_cannot_change_what_the_next_one_gets(course: Course) -> None:
    first = Dice(course).throw()
    kept = first.copy()
    first[:] = -1
    second = Dice(course).throw()
    assert (second == kept).all()
    second[:] = -1
    assert (Dice(course).throw() == kept).all()


@pytest.mark.parametrize("change", ["hidden tests", "data", "options"])
def test_it_is_drawn_anew_when_what_it_may_depend_on_has_changed(
    course: Course, change: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _changes: dict[str, Callable[[], None]] = {
        "hidden tests": lambda: (course.hidden_tests("mini") / "mini_more.py").write_text("x = 1\n") and None,
        "data": lambda: monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path)),
        "options": lambda: _add_option(course.root / "course.yaml"),
    }
    Dice(course).throw()
    _changes[change]()
    later = Dice(Course.load(course.root))
    later.throw()
    assert later.thrown == 1


def _add_option(settings: Path) -> None:
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("  mini:\n", "  mini:\n    options: {sheet: short}\n"), encoding="utf-8")
