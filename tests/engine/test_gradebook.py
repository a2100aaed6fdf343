"""The gradebook: whole or not at all, people's marks kept, nbgrader's own view of what was written."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
import sqlalchemy
from nbformat import NotebookNode

from autograder import gradebook
from autograder.course import Course
from autograder.gradebook import tables, writer
from autograder.gradebook.cells import checksum, course_notebook
from autograder.grading.grade import Grade, ItemGrade, Outcome, Status
from autograder.intake.submission import Submission

ITEMS = {"standardise-values": 2.0, "average-values": 3.0, "q-constant": 2.0, "more": 1.0}
MANUAL = ("q-constant", "more")
PUNCTUAL = datetime(2026, 11, 4, 12, tzinfo=UTC)


def notebook_of(course: Course, answers: dict[str, str] | None = None) -> NotebookNode:
    """What a student handed in: the release, with some of its answer cells filled in."""
    notebook = nbformat.read(course.release("mini"), as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = (answers or {}).get(name, cell.source)
    return notebook


ANSWERED = {
    "standardise": "def standardise(x): return x",
    "moving_average": "x",
    "q-constant": "Its spread is 0.",
}


def made_grade(course: Course, answers: dict[str, str] = ANSWERED, **scores: Any) -> Grade:
    """A grade with the given scores (`average_values=2.5`); a tuple also gives the status."""
    items = []
    for name, points in ITEMS.items():
        given = scores.get(name.replace("-", "_"), None if name in MANUAL else points)
        score, status = given if isinstance(given, tuple) else (given, None)
        manual = Status.MANUAL if name in MANUAL else Status.PASSED if score == points else Status.FAILED
        message = "" if score in (None, points) else "The columns <b>differ</b>."
        outcome = Outcome(
            test="t",
            item=name,
            score=0,
            status=Status.FAILED,
            checked="Random columns.",
            message=message,
            hint="Axis 0.",
        )
        items.append(
            ItemGrade(
                id=name,
                score=score,
                max_score=points,
                status=status or manual,
                outcomes=(outcome,) if message else (),
            )
        )
    return Grade(
        assignment="mini",
        score=sum(item.score or 0 for item in items),
        max_score=8,
        status="graded",
        items=tuple(items),
        notebook=nbformat.writes(notebook_of(course, answers)),
    )


def submission(
    student: str = "ada", at: datetime | None = PUNCTUAL, group: tuple[str, ...] = ()
) -> Submission:
    return Submission(assignment="mini", student=student, submitted_at=at, group=group, notebook="{}")


def shown(course: Course, student: str = "ada") -> NotebookNode:
    return nbformat.read(course.autograded / student / "mini" / "mini.ipynb", as_version=4)


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


@pytest.fixture
def by_hand(mini_course: Course) -> Callable[..., None]:
    """Do what the formgrader does when a person enters a score or a comment."""

    def enter(student: str, item: str, *, score: float | None = None, comment: str | None = None) -> None:
        from nbgrader.api import Gradebook

        with Gradebook(mini_course.database_url, mini_course.id) as book:
            if score is not None:
                row = book.find_grade(item, "mini", "mini", student)
                row.manual_score, row.needs_manual_grade = score, False
            if comment is not None:
                book.find_comment(item, "mini", "mini", student).manual_comment = comment
            book.db.commit()

    return enter


def test_tables_are_described_as_nbgrader_has_them():
    from nbgrader.api import Base

    for table in tables.metadata.sorted_tables:
        theirs = Base.metadata.tables[table.name]
        missing = {c.name for c in theirs.columns if not c.nullable and c.default is None} - set(
            table.columns.keys()
        )
        assert not missing, f"{table.name} cannot be inserted into without {missing}"
        for column in table.columns:
            assert type(column.type) is type(theirs.columns[column.name].type), (table.name, column.name)


def test_checksum_is_nbgraders(mini_course: Course):
    from nbgrader.utils import compute_checksum

    cells = [c for c in notebook_of(mini_course).cells if "nbgrader" in c.metadata]
    assert [checksum(c) for c in cells] == [compute_checksum(c) for c in cells]
    assert len(cells) > 5


def test_nbgrader_reads_what_was_written(mini_course: Course):
    from nbgrader.api import Gradebook

    gradebook.write(made_grade(mini_course, average_values=1.25), submission(), mini_course)

    with Gradebook(mini_course.database_url, mini_course.id) as book:
        found = book.find_submission("mini", "ada")
        assert (found.score, found.max_score) == (3.25, 8.0)
        assert found.timestamp == PUNCTUAL.replace(tzinfo=None)
        grades = {
            g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in found.notebooks[0].grades
        }
        comments = {c.name: c.auto_comment for c in found.notebooks[0].comments}
        [row] = book.submission_dicts("mini")
        assert (row["score"], row["needs_manual_grade"]) == (3.25, True)
    assert grades == {
        "standardise-values": (2.0, None, False),
        "average-values": (1.25, None, False),
        "q-constant": (None, None, True),
        "more": (None, None, True),
    }
    assert set(comments) == {"standardise", "moving_average", "q-constant", "more"}
    assert comments["standardise"] is None
    assert comments["moving_average"] == (r"**average-values**: The columns \<b\>differ\</b\>. Axis 0.")


def test_database_is_the_one_that_nbgrader_makes(mini_course: Course, tmp_path: Path):
    from nbgrader.api import Gradebook

    gradebook.write(made_grade(mini_course), submission(), mini_course)
    with (
        Gradebook(f"sqlite:///{tmp_path / 'theirs.db'}", mini_course.id) as theirs,
        theirs.engine.connect() as db,
    ):
        version = db.scalar(sqlalchemy.text("SELECT version_num FROM alembic_version"))
        names = set(sqlalchemy.inspect(db).get_table_names())
    with sqlite3.connect(mini_course.root / "gradebook.db") as ours:
        assert ours.execute("SELECT version_num FROM alembic_version").fetchall() == [(version,)]
        assert {
            name for (name,) in ours.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        } == names


def test_stock_save_auto_grades_reads_the_same_scores_from_the_notebook(mini_course: Course):
    from nbgrader.utils import determine_grade, is_grade

    grade = made_grade(mini_course, standardise_values=0.0, average_values=2.75)
    gradebook.write(grade, submission(), mini_course)
    read = {
        c.metadata.nbgrader.grade_id: determine_grade(c)[0] for c in shown(mini_course).cells if is_grade(c)
    }
    assert read == {"standardise-values": 0.0, "average-values": 2.75, "q-constant": None}


def test_report_stands_in_the_grade_cell(mini_course: Course):
    gradebook.write(made_grade(mini_course, average_values=1.0), submission(), mini_course)
    output = cell(shown(mini_course), "average-values").outputs[0]
    assert output.output_type == "stream"
    assert "1 of 3 points" in output.text
    assert "The columns <b>differ</b>." in output.text
    assert "Hint: Axis 0." in output.text


def test_marking_guide_is_shown_to_graders_and_cut_for_students(mini_course: Course):
    from autograder.gradebook.notebook import without_guides

    gradebook.write(made_grade(mini_course), submission(), mini_course)
    notebook = shown(mini_course)
    position = notebook.cells.index(cell(notebook, "q-constant"))
    assert "its standard deviation is zero" in notebook.cells[position - 1].source
    students_see = nbformat.writes(without_guides(notebook))
    assert "its standard deviation is zero" not in students_see
    assert "MARK SCHEME" not in students_see
    assert "Its spread is 0." in students_see


def test_writing_twice_changes_nothing(mini_course: Course):
    def contents() -> list[str]:
        with sqlite3.connect(mini_course.root / "gradebook.db") as database:
            return list(database.iterdump())

    gradebook.write(made_grade(mini_course), submission(), mini_course)
    before = contents()
    gradebook.write(made_grade(mini_course), submission(), mini_course)
    assert contents() == before


def test_marks_of_a_person_survive_a_regrade(mini_course: Course, by_hand: Callable[..., None]):
    gradebook.write(made_grade(mini_course, average_values=0.0), submission(), mini_course)
    by_hand("ada", "q-constant", score=1.5, comment="Name the NaN.")
    by_hand("ada", "standardise-values", score=0.5)

    gradebook.write(made_grade(mini_course, average_values=3.0), submission(), mini_course)

    now = gradebook.recorded_grades(mini_course, "mini", "ada")
    assert now.items["q-constant"].score == 1.5
    assert now.items["q-constant"].comment == "Name the NaN."
    assert not now.items["q-constant"].needs_manual_grade
    assert now.items["standardise-values"].score == 0.5
    assert now.items["average-values"].score == 3.0
    assert now.score == 5.0


def test_changed_answer_is_marked_for_another_look(mini_course: Course, by_hand: Callable[..., None]):
    gradebook.write(made_grade(mini_course), submission(), mini_course)
    by_hand("ada", "q-constant", score=1.5)
    by_hand("ada", "average-values", score=2.0)
    answers = {**ANSWERED, "q-constant": "Because 0/0 is NaN."}
    gradebook.write(made_grade(mini_course, answers, average_values=1.0), submission(), mini_course)
    items = gradebook.recorded_grades(mini_course, "mini", "ada").items
    assert (items["q-constant"].score, items["q-constant"].needs_manual_grade) == (1.5, True)
    assert (items["average-values"].score, items["average-values"].needs_manual_grade) == (2.0, True)


def test_untouched_answer_needs_nobody(mini_course: Course):
    gradebook.write(made_grade(mini_course, {}), submission(), mini_course)
    item = gradebook.recorded_grades(mini_course, "mini", "ada").items["q-constant"]
    assert (item.auto_score, item.needs_manual_grade) == (0.0, False)
    with sqlite3.connect(mini_course.root / "gradebook.db") as database:
        said = database.execute("SELECT auto_comment FROM comment").fetchall()
    assert ("No response.",) in said


def test_deferred_item_stays_open_and_is_completed_alone(mini_course: Course):
    waiting = made_grade(mini_course, standardise_values=1.0, average_values=(None, Status.DEFERRED))
    gradebook.write(waiting, submission(), mini_course)
    item = gradebook.recorded_grades(mini_course, "mini", "ada").items["average-values"]
    assert (item.score, item.needs_manual_grade) == (None, True)
    assert "open of 3 points" in cell(shown(mini_course), "average-values").outputs[0].text

    def said() -> dict[str, str | None]:
        with sqlite3.connect(mini_course.root / "gradebook.db") as database:
            rows = database.execute(
                "SELECT name, auto_comment FROM comment JOIN base_cell ON cell_id = base_cell.id"
            )
            return dict(rows.fetchall())

    first = said()
    assert "differ" in (first["standardise"] or "")
    assert "still open" in (first["moving_average"] or "")
    later = made_grade(mini_course, average_values=3.0)
    later = later.model_copy(update={"items": tuple(i for i in later.items if i.id == "average-values")})
    gradebook.write(later, submission(), mini_course)
    items = gradebook.recorded_grades(mini_course, "mini", "ada").items
    assert (items["average-values"].score, items["average-values"].needs_manual_grade) == (3.0, False)
    assert items["standardise-values"].score == 1.0
    assert said() == {**first, "moving_average": None}
    assert "1 of 2 points" in cell(shown(mini_course), "standardise-values").outputs[0].text


def test_rejected_hand_in_gets_zero_and_a_notebook_that_says_why(mini_course: Course):
    reason = "“mini.ipynb” is no notebook: <script>alert(1)</script>"
    items = tuple(
        ItemGrade(id=name, score=None if name in MANUAL else 0.0, max_score=points, status=Status.MISSING)
        for name, points in ITEMS.items()
    )
    rejected = Grade(assignment="mini", score=0, max_score=8, status="rejected", reason=reason, items=items)
    gradebook.write(rejected, submission(), mini_course)
    recorded = gradebook.recorded_grades(mini_course, "mini", "ada")
    assert {name: (i.score, i.needs_manual_grade) for name, i in recorded.items.items()} == dict.fromkeys(
        ITEMS, (0.0, False)
    )
    notebook = shown(mini_course)
    assert "could not be graded" in notebook.cells[0].source
    assert "is no notebook" in notebook.cells[0].source
    assert cell(notebook, "average-values").outputs[1].data["text/plain"] == "0.0"


def test_group_is_credited_but_not_over_an_own_hand_in(mini_course: Course):
    (mini_course.submitted / "bob" / "mini").mkdir(parents=True)
    gradebook.write(made_grade(mini_course), submission("ada", group=("ada", "bob", "cleo")), mini_course)
    recorded = gradebook.class_grades(mini_course, "mini")
    assert sorted(recorded) == ["ada", "cleo"]
    assert recorded["ada"].score == recorded["cleo"].score == 5.0
    assert shown(mini_course, "cleo") == shown(mini_course, "ada")


def test_latest_hand_in_of_a_group_counts_in_any_order(mini_course: Course):
    early = (made_grade(mini_course, average_values=1.0), submission("ada", group=("ada", "cleo")))
    late = (
        made_grade(mini_course),
        submission("bob", PUNCTUAL + timedelta(hours=1), group=("bob", "cleo")),
    )
    for grade, handed_in in (early, late, early):
        gradebook.write(grade, handed_in, mini_course)
    assert gradebook.recorded_grades(mini_course, "mini", "cleo").score == 5.0


def with_late_policy(course: Course, share: float) -> Course:
    assignment = course.assignments["mini"]
    policy = assignment.late.model_copy(update={"penalty_per_day": share})
    changed = assignment.model_copy(update={"late": policy})
    return course.model_copy(update={"assignments": {"mini": changed}})


def test_late_penalty_follows_the_policy_and_later_marks(mini_course: Course, by_hand: Callable[..., None]):
    course = with_late_policy(mini_course, 0.25)
    due = course.assignments["mini"].due
    assert due is not None
    gradebook.write(made_grade(course), submission(at=due + timedelta(hours=30)), course)
    assert gradebook.recorded_grades(course, "mini", "ada").late_penalty == pytest.approx(
        2.5
    )  # 2 days of 25 % of 5
    by_hand("ada", "q-constant", score=2.0)
    gradebook.settle_penalties(course, "mini")
    assert gradebook.recorded_grades(course, "mini", "ada").late_penalty == pytest.approx(3.5)
    gradebook.write(made_grade(course), submission(at=due), course)
    assert gradebook.recorded_grades(course, "mini", "ada").late_penalty == 0.0


def change_course(course: Course, name: str, points: float | None) -> None:
    """Give a cell of the assignment other points, or take it out; source and release stay in step."""
    for path in (course.source("mini"), course.release("mini")):
        notebook = nbformat.read(path, as_version=4)
        if points is None:
            notebook.cells.remove(cell(notebook, name))
        else:
            cell(notebook, name).metadata.nbgrader.points = points
        nbformat.write(notebook, path)


def test_changed_points_reach_the_gradebook_and_wipe_nothing(
    mini_course: Course, by_hand: Callable[..., None]
):
    gradebook.write(made_grade(mini_course), submission("ada"), mini_course)
    by_hand("ada", "q-constant", score=1.0)
    change_course(mini_course, "average-values", 6.0)
    gradebook.write(made_grade(mini_course, average_values=6.0), submission("bob"), mini_course)
    recorded = gradebook.class_grades(mini_course, "mini")
    assert (recorded["ada"].score, recorded["bob"].score) == (6.0, 8.0)
    assert recorded["ada"].max_score == recorded["bob"].max_score == 11.0


def test_removed_cell_goes_unless_a_person_scored_it(mini_course: Course, by_hand: Callable[..., None]):
    gradebook.write(made_grade(mini_course), submission("ada"), mini_course)
    by_hand("ada", "q-constant", score=1.0)
    change_course(mini_course, "q-constant", None)
    change_course(mini_course, "average-values", None)
    gradebook.write(made_grade(mini_course), submission("ada"), mini_course)
    items = gradebook.recorded_grades(mini_course, "mini", "ada").items
    assert sorted(items) == ["more", "q-constant", "standardise-values"]
    assert items["q-constant"].manual_score == 1.0


def test_failure_in_the_middle_leaves_everything_as_it_was(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch
):
    gradebook.write(made_grade(mini_course), submission("ada"), mini_course)
    before = (mini_course.autograded / "ada/mini/mini.ipynb").read_bytes()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "_penalise", fail)
    with pytest.raises(KeyboardInterrupt):
        gradebook.write(made_grade(mini_course, average_values=0.0), submission("ada"), mini_course)
    with pytest.raises(KeyboardInterrupt):
        gradebook.write(made_grade(mini_course), submission("bob"), mini_course)
    assert list(gradebook.class_grades(mini_course, "mini")) == ["ada"]
    assert gradebook.recorded_grades(mini_course, "mini", "ada").score == 5.0
    assert (mini_course.autograded / "ada/mini/mini.ipynb").read_bytes() == before
    assert [p.name for p in (mini_course.autograded / "ada/mini").iterdir() if p.name.startswith(".")] == []


def test_killed_at_any_statement_a_rerun_completes_the_gradebook(mini_course: Course):
    """The n-th database statement of the second student's grade is the last that the process lives to see."""
    grade = made_grade(mini_course)
    gradebook.write(grade, submission("zoe"), mini_course)
    for last in (*range(1, 40, 3), 1000):
        child = os.fork()
        if child == 0:
            statements = iter(range(1, last + 1))

            @sqlalchemy.event.listens_for(sqlalchemy.Engine, "after_cursor_execute")
            def count(*_: object, statements: Any = statements, last: int = last) -> None:
                if next(statements) == last:
                    os.kill(os.getpid(), signal.SIGKILL)

            gradebook.write(grade, submission("ada"), mini_course)
            gradebook.write(made_grade(mini_course, average_values=0.0), submission("ada"), mini_course)
            os._exit(0)
        os.waitpid(child, 0)
        for recorded in gradebook.class_grades(mini_course, "mini").values():
            assert len(recorded.items) == 4, "a half-written hand-in"
            assert recorded.score in (5.0, 2.0)
    assert gradebook.recorded_grades(mini_course, "mini", "ada").score == 2.0
    gradebook.write(grade, submission("ada"), mini_course)
    assert gradebook.recorded_grades(mini_course, "mini", "ada").score == 5.0
    assert cell(shown(mini_course), "average-values").outputs[1].data["text/plain"] == "3.0"


@pytest.mark.parametrize("name", ["", "..", "../ada", "a/b", "a\0b"])
def test_student_whose_name_leads_elsewhere_is_refused(mini_course: Course, name: str):
    with pytest.raises(gradebook.GradebookError, match="student id"):
        gradebook.write(made_grade(mini_course), submission(name), mini_course)


def test_reading_creates_no_database(mini_course: Course):
    assert gradebook.class_grades(mini_course, "mini") == {}
    assert not (mini_course.root / "gradebook.db").exists()


def test_unusable_url_is_named(mini_course: Course):
    course = mini_course.model_copy(update={"gradebook": "nonsense://x"})
    with pytest.raises(gradebook.GradebookError, match="gradebook"):
        gradebook.write(made_grade(mini_course), submission(), course)


def test_replaced_database_file_is_noticed(mini_course: Course):
    gradebook.write(made_grade(mini_course), submission("ada"), mini_course)
    (mini_course.root / "gradebook.db").unlink()
    gradebook.write(made_grade(mini_course), submission("bob"), mini_course)
    assert list(gradebook.class_grades(mini_course, "mini")) == ["bob"]


def test_students_code_cannot_act_where_it_is_shown(mini_course: Course):
    hostile = notebook_of(mini_course, ANSWERED)
    cell(hostile, "q-constant").source = "<script>alert('md')</script> and <img src=x onerror=alert(2)>"
    html = "<table class='dataframe'><tr><td onclick='x()'>1</td></tr></table><script>alert('html')</script>"
    cell(hostile, "standardise").outputs = [
        nbformat.v4.new_output("display_data", {"text/html": html, "application/javascript": "alert('js')"}),
        nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg onload=alert(3)></svg>"}),
        nbformat.v4.new_output("stream", text="plain"),
    ]
    grade = made_grade(mini_course).model_copy(update={"notebook": nbformat.writes(hostile)})
    gradebook.write(grade, submission(), mini_course)
    notebook = shown(mini_course)
    outputs = cell(notebook, "standardise").outputs
    assert "<table" in outputs[0].data["text/html"]
    text = nbformat.writes(notebook)
    for trace in ("<script", "onclick", "application/javascript", "onload", "<img"):
        assert trace not in text, trace
    assert outputs[-1].text == "plain"


def test_cells_are_those_that_nbgrader_records(mini_course: Course):
    roles = {
        c.name: (c.grade, c.solution, c.task, c.points) for c in course_notebook(mini_course, "mini").cells
    }
    assert roles["standardise-values"] == (True, False, False, 2.0)
    assert roles["q-constant"] == (True, True, False, 2.0)
    assert roles["more"] == (False, False, True, 1.0)
    assert roles["imports"] == (False, False, False, None)
