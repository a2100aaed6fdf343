"""A grade that waits for a GPU, as nbgrader's formgrader and feedback see it: before, and when it is complete."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader_commands import SOLVED, answered, nbgrader, needs_sandbox
from traitlets.config import Config

from autograder.class_run import carry_out, plan
from autograder.course import Course
from autograder.deferred_run import complete, waiting
from autograder.grading.settings import GradingSettings
from autograder.running.store import GradeStore
from autograder.sandbox import Gpu

FIXTURE = Path(__file__).parents[1] / "engine" / "course_fixture"
SETTINGS = GradingSettings()
SIMULATED = Gpu("GPU-simulated-nbgrader", "Simulated GPU")
GPU_TEST = '''

@pytest.mark.gpu
@pytest.mark.item("average-values")
def test_on_the_gpu(student, rng):
    """Once more, on a GPU."""
    expect(student.moving_average(rng.normal(size=9), 2).shape == (8,), "The number of averages is wrong.")
'''


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    needs_sandbox()
    monkeypatch.setenv("AUTOGRADER_SECRET", "one secret for every process")
    shutil.copytree(FIXTURE, tmp_path / "course")
    course = Course.load(tmp_path / "course")
    with (course.hidden_tests("mini") / "test_mini.py").open("a", encoding="utf-8") as tests:
        tests.write(GPU_TEST)
    answered(course.release("mini"), SOLVED, to=course.submitted / "ada" / "mini" / "mini.ipynb")
    list(carry_out(plan(course, "mini", SETTINGS), course, "mini", SETTINGS, jobs=1))
    return course


def on_the_gpu(course: Course) -> None:
    list(complete(waiting(course, "mini", SETTINGS), course, "mini", SETTINGS, (SIMULATED,)))


def feedback(course: Course) -> str:
    nbgrader("generate_feedback", "mini", "--force", folder=course.root)
    return (course.feedback / "ada" / "mini" / "mini.html").read_text(encoding="utf-8")


def in_formgrader(course: Course) -> dict[str, object]:
    """The line of the notebook in the formgrader's list of hand-ins."""
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.db_url = course.database_url
    api = NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)
    [line] = api.get_notebook_submissions("mini", "mini")
    return dict(line)


def test_it_needs_a_grade_until_the_gpu_has_given_it(course: Course) -> None:
    with Gradebook(course.database_url, course.id) as book:
        cell = book.find_grade("average-values", "mini", "mini", "ada")
        assert (cell.auto_score, cell.needs_manual_grade, cell.score) == (None, True, 0)
    assert in_formgrader(course)["score"] == 2.0
    text = feedback(course)
    assert "open of 3 points (still open)" in text
    assert "Needs a GPU; these points are still open." in text

    on_the_gpu(course)
    with Gradebook(course.database_url, course.id) as book:
        cell = book.find_grade("average-values", "mini", "mini", "ada")
        assert (cell.auto_score, cell.needs_manual_grade, cell.score) == (3.0, False, 3.0)
    assert in_formgrader(course)["score"] == 5.0
    assert "3 of 3 points" in feedback(course)


def test_a_persons_score_meanwhile_is_kept_and_marked_for_another_look(course: Course) -> None:
    with Gradebook(course.database_url, course.id) as book:
        cell = book.find_grade("average-values", "mini", "mini", "ada")
        cell.manual_score, cell.needs_manual_grade = 1.0, False
        book.db.commit()
    on_the_gpu(course)
    with Gradebook(course.database_url, course.id) as book:
        cell = book.find_grade("average-values", "mini", "mini", "ada")
        assert (cell.auto_score, cell.manual_score, cell.score) == (3.0, 1.0, 1.0)
        assert cell.needs_manual_grade


def test_grading_by_nbgraders_command_keeps_what_the_gpu_found(course: Course) -> None:
    on_the_gpu(course)
    nbgrader("autograde", "mini", "--force", folder=course.root)
    stored = GradeStore(course, "mini").read("ada")
    assert stored is not None
    assert (stored.grade.status, stored.grade.score) == ("graded", 5.0)
