"""The whole cycle by nbgrader's own commands: release, hand-in, grading, a person's marks, feedback, export."""

from __future__ import annotations

import csv
import getpass
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbgrader_commands import SOLVED, WRONG, answered, nbgrader, needs_sandbox

from autograder import gradebook
from autograder.class_run import plan
from autograder.course import Course
from autograder.grading.engine import grade, rejected
from autograder.grading.opening import GradingSettings
from autograder.intake import Rejected, submissions

FIXTURE = Path(__file__).parents[1] / "engine" / "course_fixture"
ME = getpass.getuser()  # nbgrader's exchange knows students by their account


@dataclass
class Cycle:
    """What the commands left behind, and what they printed."""

    course: Course
    student: Path
    printed: dict[str, str] = field(default_factory=dict)
    first: dict[str, gradebook.RecordedGrades] = field(default_factory=dict)


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cycle]:
    """Run every command once; the tests look at the results."""
    needs_sandbox()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SECRET", "one secret for every process")
        yield _run_all(tmp_path_factory.mktemp("cycle"))


def _run_all(root: Path) -> Cycle:
    folder, student, exchange = root / "course", root / "student", root / "exchange"
    shutil.copytree(FIXTURE, folder)
    shutil.rmtree(folder / "release")
    student.mkdir()
    exchange.mkdir()
    exchange.chmod(0o777)
    with (folder / "course.yaml").open("a") as file:
        file.write(f"\nexchange: {exchange}\n")
    done = Cycle(Course.load(folder), student)

    def instructor(*command: str) -> None:
        done.printed[command[0]] = nbgrader(*command, folder=folder)

    def as_student(*command: str, fails: bool = False) -> str:
        where = ("--course=mini-course", f"--Exchange.root={exchange}", f"--CourseDirectory.root={student}")
        return nbgrader(*command, *where, folder=student, fails=fails)

    instructor("generate_assignment", "mini")
    instructor("release_assignment", "mini")
    done.printed["list"] = as_student("list")
    as_student("fetch_assignment", "mini")
    done.printed["validate unanswered"] = nbgrader("validate", "mini/mini.ipynb", folder=student)
    answered(student / "mini/mini.ipynb", SOLVED)
    done.printed["validate"] = nbgrader("validate", "mini/mini.ipynb", folder=student)
    as_student("submit", "mini")
    instructor("collect", "mini")

    def hand_in(name: str) -> Path:
        (done.course.submitted / name / "mini").mkdir(parents=True)
        return done.course.submitted / name / "mini" / "mini.ipynb"

    answered(done.course.release("mini"), WRONG, to=hand_in("bob"))
    answered(done.course.release("mini"), SOLVED, to=hand_in("cleo").with_name("my solution.ipynb"))
    hand_in("dora").write_text("this is no notebook")
    hand_in("emil").touch()
    doubled = nbformat.read(answered(done.course.release("mini"), SOLVED, to=hand_in("fred")), as_version=4)
    doubled.cells = [
        c for c in doubled.cells for _ in range(2) if c.metadata.get("nbgrader", {}).get("grade")
    ]
    (done.course.submitted / "fred/mini/mini.ipynb").write_text(json.dumps(doubled))
    outside = root / "secret.txt"
    outside.write_text("not for students")
    (hand_in("gina").parent / "notes.txt").symlink_to(outside)
    answered(done.course.release("mini"), SOLVED, to=done.course.submitted / "gina/mini/mini.ipynb")
    (done.course.submitted / "gina/mini/page.html").write_text("<script>alert(1)</script>")

    instructor("autograde", "mini")
    done.first = gradebook.class_grades(done.course, "mini")
    _mark_by_hand(done.course, ME)
    instructor("autograde", "mini", "--force")
    instructor("generate_feedback", "mini")
    instructor("release_feedback", "mini")
    as_student("fetch_feedback", "mini")
    instructor("export", "--to", str(root / "grades.csv"))
    return done


def _mark_by_hand(course: Course, student: str) -> None:
    """What the formgrader writes when a person grades the text question."""
    from nbgrader.api import Gradebook

    with Gradebook(course.database_url, course.id) as book:
        row = book.find_grade("q-constant", "mini", "mini", student)
        row.manual_score, row.needs_manual_grade = 1.5, False
        book.find_comment("q-constant", "mini", "mini", student).manual_comment = "And what is **0/0**?"
        book.db.commit()


def scores(recorded: gradebook.RecordedGrades) -> dict[str, float | None]:
    return {item.id: item.score for item in recorded.items.values()}


def test_the_release_is_the_committed_one(cycle: Cycle):
    assert cycle.course.release("mini").read_bytes() == (FIXTURE / "release/mini/mini.ipynb").read_bytes()


def test_students_find_fetch_and_validate_it(cycle: Cycle):
    assert "mini-course mini" in cycle.printed["list"]
    assert "failed" in cycle.printed["validate unanswered"]
    assert "Success" in cycle.printed["validate"]


def test_hand_in_is_collected(cycle: Cycle):
    folder = cycle.course.submitted / ME / "mini"
    assert {path.name for path in folder.iterdir()} >= {"mini.ipynb", "timestamp.txt"}


def test_every_hand_in_got_its_scores_and_none_stopped_the_batch(cycle: Cycle):
    full = {"standardise-values": 2.0, "average-values": 3.0, "q-constant": None, "more": None}
    nothing = dict.fromkeys(full, 0.0)
    assert {name: scores(found) for name, found in cycle.first.items()} == {
        ME: full,
        "bob": {**full, "standardise-values": 0.0},
        "cleo": full,
        "dora": nothing,
        "emil": nothing,
        "fred": {**nothing, "q-constant": None, "more": None},
        "gina": full,
    }


def test_scores_are_those_of_the_engine(cycle: Cycle):
    for hand_in in submissions(cycle.course, "mini"):
        result = (
            rejected(hand_in, cycle.course, hand_in.sentence)
            if isinstance(hand_in, Rejected)
            else grade(hand_in, cycle.course)
        )
        judged = {item.id: item.score for item in result.items if item.score is not None}
        recorded = scores(cycle.first[hand_in.student])
        assert judged == {name: score for name, score in recorded.items() if name in judged}


def test_our_own_command_then_has_nothing_left_to_grade(cycle: Cycle):
    todo = plan(cycle.course, "mini", GradingSettings())
    assert sorted(todo.todo) == ["dora", "emil"]  # could not be read: looked at anew on every run
    assert sorted(todo.valid) == sorted({*cycle.first} - {"dora", "emil"})


def test_hand_in_that_is_no_notebook_has_a_page_that_says_so(cycle: Cycle):
    page = (cycle.course.feedback / "dora/mini/mini.html").read_text()
    assert "could not be graded" in page
    assert "not a notebook" in page
    assert "Score: 0.0 / 8.0" in page


def test_marks_of_a_person_survive_the_regrade(cycle: Cycle):
    item = gradebook.recorded_grades(cycle.course, "mini", ME).items["q-constant"]
    assert (item.score, item.comment) == (1.5, "And what is **0/0**?")


def test_feedback_reaches_the_student_with_scores_and_comments(cycle: Cycle):
    [page] = (cycle.student / "mini" / "feedback").rglob("*.html")
    text = page.read_text()
    assert "Score: 6.5 / 8.0" in text
    assert "And what is <strong>0/0</strong>?" in text
    assert "Its standard deviation is 0." in text
    assert "5 of" not in text
    assert "3 of 3 points" in text


def test_feedback_says_what_was_wrong(cycle: Cycle):
    text = (cycle.course.feedback / "bob/mini/mini.html").read_text()
    assert "The columns differ from the standardised ones." in text
    assert "taken along axis 0" in text


def test_feedback_shows_nothing_hidden_and_runs_nothing(cycle: Cycle):
    for page in cycle.course.feedback.rglob("*.html"):
        text = page.read_text()
        for hidden in (
            "Marking guide",
            "MARK SCHEME",
            "0/0 gives NaN",
            "np.allclose(answer",
            "rng.normal(loc",
        ):
            assert hidden not in text, (page, hidden)
        assert "<script>alert" not in text
    left = {path.name for path in cycle.course.feedback.rglob("*") if path.is_file()}
    assert left == {"mini.html", "timestamp.txt", "submission_secret.txt"}


def test_graders_see_the_marking_guide(cycle: Cycle):
    assert "0/0 gives NaN" in (cycle.course.autograded / ME / "mini/mini.ipynb").read_text()


def test_files_beside_the_notebook_go_no_further(cycle: Cycle):
    left = {path.name for path in (cycle.course.autograded / "gina/mini").iterdir()}
    assert left == {"mini.ipynb", "timestamp.txt", "submission_secret.txt"}


def test_export_lists_everybody(cycle: Cycle):
    with (cycle.course.root.parent / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: float(row["score"]) for name, row in rows.items()} == {
        ME: 6.5,
        "bob": 3.0,
        "cleo": 5.0,
        "dora": 0.0,
        "emil": 0.0,
        "fred": 0.0,
        "gina": 5.0,
    }
