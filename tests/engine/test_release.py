"""Releases: nbgrader's bytes, deterministic, registered, and refused when they would leak."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook

from autograder.course import Course, CourseError
from autograder.leaks import ReleaseLeak
from autograder.notebooks import as_text, grade_id, read
from autograder.release import ReleaseError, convert, generate

Edit = Callable[[NotebookNode], None]


@pytest.fixture(autouse=True)
def alembic_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests open nbgrader's gradebook themselves, too."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def edit(course: Course, change: Edit) -> None:
    notebook = read(course.source("mini"))
    change(notebook)
    course.source("mini").write_text(as_text(notebook), encoding="utf-8")


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(c for c in notebook.cells if grade_id(c) == name)


def append(course: Course, text: str, *, markdown: bool = False) -> None:
    make = new_markdown_cell if markdown else new_code_cell
    edit(course, lambda notebook: notebook.cells.append(make(text, id="appended")))


def made(course: Course, tmp_path: Path) -> NotebookNode:
    return read(convert(course, "mini", tmp_path / "made") / "mini.ipynb")


def nbgrader(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )


# ---------------------------------------------------------------- what a release is


def test_the_fixtures_release_is_in_step(mini_course: Course, tmp_path: Path) -> None:
    folder = convert(mini_course, "mini", tmp_path / "made")
    assert (folder / "mini.ipynb").read_bytes() == mini_course.release("mini").read_bytes()


def test_solutions_guides_and_outputs_are_gone(mini_course: Course, tmp_path: Path) -> None:
    release = made(mini_course, tmp_path)
    text = as_text(release)
    for secret in ("centred", "cumsum", "BEGIN", "Full points", "labelled axes", "0.31414141"):
        assert secret not in text
    assert cell(release, "standardise").source.endswith("# YOUR CODE HERE\n    raise NotImplementedError()")
    assert cell(release, "q-constant").source == "YOUR ANSWER HERE"
    assert all(not c.outputs and c.execution_count is None for c in release.cells if c.cell_type == "code")


def test_nbgraders_command_writes_the_same_bytes(mini_course: Course, tmp_path: Path) -> None:
    ours = (convert(mini_course, "mini", tmp_path / "made") / "mini.ipynb").read_bytes()
    shutil.rmtree(mini_course.root / "release")
    result = nbgrader(mini_course, "generate_assignment", "mini", "--no-db")
    assert result.returncode == 0, result.stderr
    assert mini_course.release("mini").read_bytes() == ours


def test_release_does_not_depend_on_where_and_when(
    mini_course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (convert(mini_course, "mini", tmp_path / "one") / "mini.ipynb").read_bytes()
    monkeypatch.chdir("/")
    moved = tmp_path / "elsewhere [2]"
    shutil.copytree(mini_course.root, moved)
    again = (convert(Course.load(moved), "mini", tmp_path / "two") / "mini.ipynb").read_bytes()
    assert first == again


def test_traces_of_the_instructors_run_are_taken_out(mini_course: Course, tmp_path: Path) -> None:
    def run(notebook: NotebookNode) -> None:
        notebook.metadata.widgets = {"state": {"1": {"accuracy": 0.9712}}}
        notebook.metadata.language_info.version = "3.12.1"
        for c in notebook.cells:
            c.metadata.execution = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
            c.metadata.ExecuteTime = {"start_time": "2026"}
        answer = cell(notebook, "q-constant")
        answer.attachments = {"answer.png": {"image/png": "AAAA"}}

    release = made(mini_course, tmp_path)
    edit(mini_course, run)
    assert made(mini_course, tmp_path) == release


def test_other_files_of_the_assignment_are_handed_out(mini_course: Course) -> None:
    (mini_course.source("mini").parent / "picture.png").write_bytes(b"\x89PNG\xff")
    (mini_course.source("mini").parent / ".ipynb_checkpoints").mkdir()
    (mini_course.source("mini").parent / ".ipynb_checkpoints/mini-checkpoint.ipynb").write_text("{}")
    generate(mini_course, ("mini",), register=False)
    files = [path.name for path in sorted(mini_course.release("mini").parent.rglob("*"))]
    assert files == ["mini.ipynb", "picture.png"]


# ---------------------------------------------------------------- generate


def test_generate_says_what_changed_and_needs_no_gradebook(mini_course: Course) -> None:
    shutil.rmtree(mini_course.root / "release")
    assert [r.changed for r in generate(mini_course, register=False)] == [True]
    assert [r.changed for r in generate(mini_course, register=False)] == [False]
    append(mini_course, "# more room")
    (result,) = generate(mini_course, ("mini",), register=False)
    assert result.changed
    assert "more room" in result.path.read_text()
    assert not (mini_course.root / "gradebook.db").exists()


def test_generate_registers_cells_points_and_due_time(mini_course: Course) -> None:
    generate(mini_course)
    with closing(Gradebook(mini_course.database_url, mini_course.id)) as gradebook:
        notebook = gradebook.find_notebook("mini", "mini")
        assert {c.name: c.max_score for c in notebook.grade_cells} == {
            "standardise-values": 2,
            "average-values": 3,
            "q-constant": 2,
        }
        assert [c.name for c in notebook.task_cells] == ["more"]
        assert str(gradebook.find_assignment("mini").duedate) == "2026-11-05 22:59:00"


def test_points_may_change_under_submissions_but_cells_may_not(mini_course: Course) -> None:
    generate(mini_course)
    with closing(Gradebook(mini_course.database_url, mini_course.id)) as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission("mini", "ada")

    edit(mini_course, lambda notebook: cell(notebook, "average-values").metadata.nbgrader.update(points=4))
    generate(mini_course)
    with closing(Gradebook(mini_course.database_url, mini_course.id)) as gradebook:
        assert gradebook.find_grade_cell("average-values", "mini", "mini").max_score == 4

    before = mini_course.release("mini").read_bytes()
    edit(mini_course, lambda nb: cell(nb, "imports").metadata.nbgrader.update(grade_id="setup"))
    with pytest.raises(ReleaseError, match="setup is new, imports is gone"):
        generate(mini_course)
    assert mini_course.release("mini").read_bytes() == before
    with closing(Gradebook(mini_course.database_url, mini_course.id)) as gradebook:
        assert gradebook.find_submission("mini", "ada").name == "mini"


@pytest.mark.parametrize(("chosen", "points"), [("long", 2), ("short", 0)])
def test_items_count_where_the_option_says_so(
    mini_course: Course, tmp_path: Path, chosen: str, points: int
) -> None:
    settings = mini_course.root / "course.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("  mini:\n", f"  mini:\n    options: {{form: {chosen}}}\n"), encoding="utf-8"
    )
    course = Course.load(mini_course.root)

    def tag(notebook: NotebookNode) -> None:
        cell(notebook, "standardise-values").metadata.tags = ["form:long", "other:tag", "plain"]

    edit(course, tag)
    release = made(course, tmp_path)
    assert cell(release, "standardise-values").metadata.nbgrader.points == points
    assert cell(release, "average-values").metadata.nbgrader.points == 3
    registered = generate(course)[0]
    assert registered.changed
    with closing(Gradebook(course.database_url, course.id)) as gradebook:
        assert gradebook.find_grade_cell("standardise-values", "mini", "mini").max_score == points


def test_a_failed_release_leaves_the_old_one(mini_course: Course) -> None:
    before = mini_course.release("mini").read_bytes()
    edit(mini_course, lambda nb: nb.cells[3].update(source="### BEGIN SOLUTION\nx = 1"))
    with pytest.raises(ReleaseError, match="no end solution statement"):
        generate(mini_course)
    assert mini_course.release("mini").read_bytes() == before
    assert not (mini_course.root / "gradebook.db").exists()


def refused_sources() -> list[tuple[Edit, type[Exception], str]]:
    def unlocked_task(nb: NotebookNode) -> None:
        cell(nb, "more").metadata.nbgrader.locked = False

    def unmarked_solution(nb: NotebookNode) -> None:
        del cell(nb, "standardise").metadata["nbgrader"]

    def no_track_item(nb: NotebookNode) -> None:
        cell(nb, "average-values").metadata.nbgrader.grade_id = "mean-values"

    def doubled(nb: NotebookNode) -> None:
        cell(nb, "average-text").metadata.nbgrader.grade_id = "imports"

    return [
        (
            lambda nb: nb.metadata.kernelspec.update(name="autograder-tensorflow"),
            ReleaseError,
            "must be python3",
        ),
        (
            lambda nb: nb.cells.append(new_code_cell("x = 1\nfrom autograder import x")),
            ReleaseError,
            "imports auto",
        ),
        (unlocked_task, ReleaseError, "the task more is not locked"),
        (unmarked_solution, ReleaseError, "non-solution cell"),
        (doubled, ReleaseError, "Duplicate grade id: imports"),
        (no_track_item, CourseError, "5 CP: average-values is no grade cell"),
    ]


@pytest.mark.parametrize(("change", "error", "sentence"), refused_sources())
def test_a_source_that_makes_no_good_release_is_refused(
    mini_course: Course, change: Edit, error: type[Exception], sentence: str
) -> None:
    edit(mini_course, change)
    with pytest.raises(error, match=sentence):
        generate(mini_course, register=False)


def test_cells_without_ids_are_refused(mini_course: Course) -> None:
    path = mini_course.source("mini")
    path.write_text(path.read_text().replace('"id": "imports",\n', ""))
    with pytest.raises(ReleaseError, match="cells 2 have no id"):
        generate(mini_course, register=False)


def test_a_data_set_that_does_not_exist_is_named(mini_course: Course) -> None:
    with (mini_course.root / "course.yaml").open("a") as file:
        file.write("    data: {hand_out: [mnist, mnst]}\n")
    with pytest.raises(
        CourseError, match=r"mini\.data\.hand_out: there is no data set mnst; allowed: mnist, "
    ):
        generate(Course.load(mini_course.root), register=False)


def test_a_gradebook_that_cannot_be_used_is_named(mini_course: Course) -> None:
    (mini_course.root / "gradebook.db").mkdir()
    before = mini_course.release("mini").read_bytes()
    edit(mini_course, lambda nb: nb.cells.append(new_markdown_cell("More text.", id="appended")))
    with pytest.raises(ReleaseError, match=r"the gradebook cannot be used.*unable to open database file"):
        generate(mini_course)
    assert mini_course.release("mini").read_bytes() == before


def test_a_missing_source_is_named(mini_course: Course) -> None:
    shutil.rmtree(mini_course.root / "source")
    with pytest.raises(ReleaseError, match="there is no source notebook"):
        generate(mini_course)
    with pytest.raises(CourseError, match="Allowed: mini"):
        generate(mini_course, ("maxi",))


# ---------------------------------------------------------------- leaks


@pytest.mark.parametrize(
    ("text", "markdown", "what"),
    [
        ("    return centred / np.where(spread > 0, spread, 1.0)", False, "the solution"),
        ("y=(sums[width:]-sums[:-width])/width  # other blanks", False, "the solution"),
        (
            "Use `centred / np.where(spread > 0, spread, 1.0)`,\nthat is: `centred = x - x.mean(axis=0)`",
            True,
            "solution",
        ),
        ("table = rng.normal(loc=5.0, scale=3.0, size=(50, 4))", False, "a hidden test"),
        ("expected = np.convolve(values, np.full(width, 1.0 / width), mode='valid')", False, "a hidden test"),
        ("return (x - x.mean()) / x.std()", False, "a variant"),
        (
            "Full points: its standard deviation is zero, so the quotient is not defined (0/0 gives "
            "NaN). One point for naming the NaN alone.",
            True,
            "the marking guide|a model answer",
        ),
        (
            "One point for a plot with labelled axes and\na sentence that says what it shows.",
            True,
            "marking guide",
        ),
        ("You should see [[ 0.31414141 -1.2345]]", True, "a saved output"),
    ],
)
def test_a_leak_is_refused_with_its_place(
    mini_course: Course, tmp_path: Path, text: str, markdown: bool, what: str
) -> None:
    append(mini_course, f"first line\n{text}", markdown=markdown)
    with pytest.raises(ReleaseLeak, match=rf"release/mini/mini\.ipynb: cell 13, line \d shows .*({what})"):
        made(mini_course, tmp_path)


def test_nbgraders_command_refuses_a_leak_too(mini_course: Course) -> None:
    append(mini_course, "sums = np.cumsum(np.concatenate([[0.0], x]))")
    result = nbgrader(mini_course, "generate_assignment", "mini", "--force", "--no-db")
    assert result.returncode == 1
    assert "cell 13, line 1 shows the solution (source cell moving_average" in result.stderr
    assert not mini_course.release("mini").exists()


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np",
        "x = np.arange(5.0)\nreturn x",
        "def standardise(x):\n    pass",
        "answer = standardise(table)",
        "for width in (1, 2, 7, 30):\n    pass",
        "values = rng.normal(size=30)",
    ],
)
def test_lines_that_give_nothing_away_are_not_refused(mini_course: Course, tmp_path: Path, text: str) -> None:
    append(mini_course, text)
    assert made(mini_course, tmp_path).cells[-1].source == text


def test_an_author_may_release_a_line(mini_course: Course, tmp_path: Path) -> None:
    line = "    centred = x - x.mean(axis=0)"
    append(mini_course, line)
    with pytest.raises(ReleaseLeak):
        made(mini_course, tmp_path)

    def release(notebook: NotebookNode) -> None:
        solution = cell(notebook, "standardise")
        solution.source = solution.source.replace(line, f"{line}  # not secret")

    edit(mini_course, release)
    assert made(mini_course, tmp_path)


def test_a_leak_in_another_file_is_refused(mini_course: Course, tmp_path: Path) -> None:
    (mini_course.source("mini").parent / "hints.py").write_text(
        "\nsums = np.cumsum(np.concatenate([[0.0], x]))\n"
    )
    with pytest.raises(
        ReleaseLeak, match=r"hints\.py, line 2 shows the solution \(source cell moving_average"
    ):
        made(mini_course, tmp_path)


def test_a_saved_picture_is_refused(mini_course: Course, tmp_path: Path) -> None:
    picture = "iVBORw0KGgo" + "A1b2" * 100

    def leak(notebook: NotebookNode) -> None:
        cell(notebook, "standardise-values").outputs = [new_output("display_data", {"image/png": picture})]
        notebook.cells.append(new_markdown_cell(f"![](data:image/png;base64,{picture})", id="m"))

    edit(mini_course, leak)
    with pytest.raises(ReleaseLeak, match="a saved picture"):
        made(mini_course, tmp_path)
