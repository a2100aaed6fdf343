"""A run over a class where nothing needs grading: what must be written all the same, and for whom."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import gradebook
from autograder.class_run import carry_out, plan
from autograder.course import Course
from autograder.grading.grade import Grade, ItemGrade, Status, Timing
from autograder.grading.settings import GradingSettings
from autograder.intake import RosterError, Submission, submissions
from autograder.intake.timestamps import write as timestamp_text
from autograder.running.store import GradeStore, StoredGrade, course_key, submission_key

SETTINGS = GradingSettings()
EARLY, LATER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def course(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """ada has handed in, and her grade is stored as valid; bob and cleo are in her group."""
    monkeypatch.setenv("AUTOGRADER_SECRET", "a secret for these tests")
    roster = mini_course.root / "roster.csv"
    roster.write_text(
        "id,first_name,last_name,group\nada,Ada,L,g\nbob,Bob,M,g\ncleo,Cleo,N,g\ndora,Dora,O,\n"
    )
    with (mini_course.root / "course.yaml").open("a") as file:
        file.write("\nroster: roster.csv\n")
    hand_in(mini_course, "ada", EARLY)
    course = Course.load(mini_course.root)
    [submission] = submissions(course, "mini")
    assert isinstance(submission, Submission)
    key = submission_key(submission, course_key(course, "mini", SETTINGS))
    GradeStore(course, "mini").put("ada", StoredGrade(key=key, grade=grade_of(course)))
    return course


def hand_in(course: Course, student: str, at: datetime) -> None:
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mini.ipynb").write_bytes(course.release("mini").read_bytes())
    (folder / "timestamp.txt").write_text(timestamp_text(at))


def grade_of(course: Course) -> Grade:
    items = (ItemGrade(id="average-values", score=3.0, max_score=3.0, status=Status.PASSED),)
    notebook = nbformat.writes(nbformat.read(course.release("mini"), as_version=4))
    return Grade(
        assignment="mini",
        student="ada",
        score=3.0,
        max_score=8.0,
        status="graded",
        items=items,
        notebook=notebook,
    )


def run(course: Course) -> dict[str, str]:
    todo = plan(course, "mini", SETTINGS)
    return {graded.student: graded.how for graded in carry_out(todo, course, "mini", SETTINGS, jobs=1)}


def test_lost_gradebook_is_written_again_without_grading(course: Course):
    assert run(course) == {"ada": "unchanged"}
    assert gradebook.recorded_grades(course, "mini", "ada").score == 3.0
    Path(course.root / "gradebook.db").unlink()
    assert run(course) == {"ada": "unchanged"}
    assert gradebook.recorded_grades(course, "mini", "ada").score == 3.0


def test_same_work_handed_in_later_takes_the_new_time(course: Course):
    run(course)
    hand_in(course, "ada", LATER)
    assert run(course) == {"ada": "unchanged"}
    assert gradebook.recorded_grades(course, "mini", "ada").submitted_at == LATER


def test_group_members_have_the_grade_and_a_page(course: Course):
    run(course)
    assert sorted(gradebook.class_grades(course, "mini")) == ["ada", "bob", "cleo"]
    assert GradeStore(course, "mini").students() == ["ada", "bob", "cleo"]
    assert (course.reports / "mini" / "bob" / "index.html").is_file()


def test_a_track_that_does_not_exist_is_named_before_anything_is_graded(course: Course):
    roster = course.root / "roster.csv"
    roster.write_text("id,track\nada,7 CP\n")
    with pytest.raises(RosterError, match=r'ada into the track “7 CP”.*5 CP, 6 CP.*"7 CP": \[\]'):
        plan(course, "mini", SETTINGS)
    roster.write_text("id,track\nada,5 CP\nbob,\n")
    assert plan(course, "mini", SETTINGS).todo == ("ada",)


def test_a_due_time_of_the_formgrader_counts_on_the_page_as_in_the_gradebook(course: Course):
    text = (course.root / "course.yaml").read_text()
    text = text.replace("due: 2026-11-05 23:59", "late: {penalty_per_day: 0.5}")
    (course.root / "course.yaml").write_text(text)
    course = Course.load(course.root)
    run(course)
    with Gradebook(course.database_url, course.id) as book:
        book.update_or_create_assignment("mini", duedate=datetime(2026, 10, 31, 12))
    run(course)
    lost = gradebook.recorded_grades(course, "mini", "ada").late_penalty
    assert lost == pytest.approx(1.5)
    assert "1.5" in (course.reports / "mini" / "grades.csv").read_text()


def test_whole_roster_is_in_the_gradebook(course: Course):
    from nbgrader.api import Gradebook

    run(course)
    with Gradebook(course.database_url, course.id) as book:
        assert {s.id: s.first_name for s in book.students} == {
            "ada": "Ada",
            "bob": "Bob",
            "cleo": "Cleo",
            "dora": "Dora",
        }


def test_nothing_is_written_where_nothing_changed(course: Course):
    run(course)
    shown = course.autograded / "ada" / "mini" / "mini.ipynb"
    before = shown.stat().st_mtime_ns
    run(course)
    assert shown.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["x" * 255, "\U0001f600" * 63, "index.html", "grades.csv"])
def test_no_folders_name_stops_the_class(course: Course, name: str):
    """A file called after it would have too long a name, or the class page no place."""
    hand_in(course, name, EARLY)
    results = run(course)
    assert results.pop("ada") == "unchanged"
    [(refused, how)] = results.items()
    assert how == "rejected"
    assert (course.reports / "mini" / refused / "index.html").is_file()
    assert refused[:18] in (course.reports / "mini" / "index.html").read_text()


def test_longest_expected_comes_first_by_its_last_time_or_its_size(course: Course):
    for student, seconds in {"slow": 90.0, "quick": 2.0, "usual": 9.0}.items():
        hand_in(course, student, EARLY)
        timing = Timing(wall_s=seconds, cpu_s=seconds)
        older = StoredGrade(
            key="of another hidden test", grade=grade_of(course).model_copy(update={"timing": timing})
        )
        GradeStore(course, "mini").put(student, older)
    for student, cells in {"long": 9, "short": 1}.items():
        hand_in(course, student, EARLY)
        file = course.submitted / student / "mini" / "mini.ipynb"
        notebook = nbformat.read(file, as_version=4)
        notebook.cells += [nbformat.v4.new_code_cell("x = 1") for _ in range(cells)]
        nbformat.write(notebook, file)
    # What was never graded is expected to take what is usual here; then the larger comes first.
    order = plan(course, "mini", SETTINGS, students=["quick", "usual", "short", "long", "slow"]).todo
    assert order == ("slow", "long", "short", "usual", "quick")


def test_a_module_of_hidden_tests_that_moves_to_another_folder_is_another(course: Course):
    folders = [course.hidden_tests("mini") / name for name in ("easy", "hard")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "limits.py").write_text("LIMIT = 1\n")
    before = course_key(course, "mini", SETTINGS)
    (folders[0] / "limits.py").rename(folders[1] / "limits.py")
    assert course_key(course, "mini", SETTINGS) != before
