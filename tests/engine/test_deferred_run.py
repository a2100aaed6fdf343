"""`autograder autograde` with tests that need a GPU, from the hand-in to the gradebook and the pages.

The GPU is simulated: sessions "on" it run on the CPU. What it takes part in for real (who is graded when, what is kept
and what comes in later) is the same.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from typer.testing import CliRunner

from autograder import gradebook, notebooks
from autograder.cli import app as application
from autograder.cli import gpus as cli_gpus
from autograder.cli.interrupted import Interrupted
from autograder.course import Course
from autograder.deferred_run import complete, waiting
from autograder.grading import gpu as grading_gpu
from autograder.grading.settings import GradingSettings
from autograder.running.store import GradeStore
from autograder.sandbox import Gpu, NoGpuError
from autograder.verify import verify

SIMULATED = Gpu("GPU-simulated-run", "Simulated GPU", "1.2.3")
GPU_TEST = '''

@pytest.mark.gpu
@pytest.mark.item("average-values")
def test_on_the_gpu(student, rng, measure):
    """The moving average of random values, on the GPU."""
    student.run("import os; SEEN = os.environ.get('CUDA_VISIBLE_DEVICES')")
    measure.figure("Device", student.get("SEEN"))
    values = rng.normal(size=12)
    answer = student.moving_average(values, 3)
    expect(np.allclose(answer, np.convolve(values, np.ones(3) / 3, mode="valid")), "The averages are wrong there.")
'''
WRONG_THERE = (
    "import os\n"
    "def moving_average(x, width):\n"
    "    there = os.environ.get('CUDA_VISIBLE_DEVICES')\n"
    "    return np.convolve(x, np.full(width, (2.0 if there else 1.0) / width), mode='valid')"
)
RIGHT_OTHERWISE = (
    "def moving_average(x, width):\n    return np.convolve(x, np.ones(width) / width, mode='valid')"
)
Autograde = Callable[..., dict[str, Any]]


@pytest.fixture
def course(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Two have handed in: ada's solution is right everywhere, bob's only without a GPU."""
    monkeypatch.setenv("AUTOGRADER_SECRET", "a secret for these tests")
    with (mini_course.hidden_tests("mini") / "test_mini.py").open("a", encoding="utf-8") as tests:
        tests.write(GPU_TEST)
    hand_in(mini_course, "ada")
    hand_in(mini_course, "bob", moving_average=WRONG_THERE)
    return mini_course


def hand_in(course: Course, student: str, **replaced: str) -> None:
    notebook = notebooks.replace_solutions(notebooks.read(course.source("mini")), replaced)
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "mini.ipynb")


@pytest.fixture
def on_gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """`on_gpu(True)`: from now on this is a machine with a GPU; `on_gpu(False)`: one without."""

    def switch(there: bool) -> None:
        gpus = (SIMULATED,) if there else ()
        monkeypatch.setattr(cli_gpus, "found_gpus", lambda: gpus)
        monkeypatch.setattr(grading_gpu, "usable_gpus", lambda *_, **__: gpus)

    return switch


@pytest.fixture
def autograde(course: Course, on_gpu: Callable[[bool], None]) -> Autograde:
    """Run the command; student -> what its JSON says of them."""
    on_gpu(False)

    def run(*arguments: str) -> dict[str, Any]:
        given = [
            "autograde",
            "mini",
            "--course",
            str(course.root),
            "--isolation",
            "weak",
            "--json",
            *arguments,
        ]
        result = CliRunner().invoke(application.app, given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return {entry["student"]: entry for entry in json.loads(result.stdout)["results"]}

    return run


def test_points_stay_open_until_a_machine_with_a_gpu_completes_them(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    first = autograde()
    assert {name: (entry["how"], entry["status"], entry["score"]) for name, entry in first.items()} == {
        "ada": ("graded", "incomplete", 2.0), "bob": ("graded", "incomplete", 2.0),
    }  # fmt: skip
    before = {name: stored(course, name) for name in ("ada", "bob")}
    assert "on a GPU" in page(course, "ada")

    on_gpu(True)
    then = autograde("--deferred")
    assert {name: (entry["how"], entry["status"], entry["score"]) for name, entry in then.items()} == {
        "ada": ("completed", "graded", 5.0), "bob": ("completed", "graded", 4.25),
    }  # fmt: skip
    for name in ("ada", "bob"):
        after = stored(course, name)
        assert after["notebook"] == before[name]["notebook"]
        assert after["items"][0] == before[name]["items"][0]
        assert after["items"][1]["outcomes"][:2] == before[name]["items"][1]["outcomes"][:2]
        assert after["items"][1]["outcomes"][2]["figures"][0]["value"] == SIMULATED.uuid
        assert after["gpu_environment"]["device"] == "Simulated GPU"
    assert recorded(course, "ada") == {"average-values": (3.0, 0), "standardise-values": (2.0, 0)}
    assert recorded(course, "bob") == {"average-values": (2.25, 0), "standardise-values": (2.0, 0)}
    assert "on a GPU" not in page(course, "ada")
    assert "Simulated GPU" in page(course, "ada")


def test_what_is_complete_is_not_run_again_and_stays_on_a_machine_without(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    on_gpu(True)
    first = autograde()
    assert {name: entry["how"] for name, entry in first.items()} == {"ada": "completed", "bob": "completed"}
    complete = stored(course, "ada")
    assert {entry["how"] for entry in autograde("--deferred").values()} == {"unchanged"}
    on_gpu(False)
    assert {entry["how"] for entry in autograde().values()} == {"unchanged"}
    assert stored(course, "ada") == complete
    assert gradebook.recorded_grades(course, "mini", "ada").items["average-values"].score == 3.0


def test_force_runs_gpu_tests_again_where_there_is_a_gpu_and_keeps_their_outcomes_where_not(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    on_gpu(True)
    autograde("--student", "ada")
    on_gpu(False)
    forced = autograde("--student", "ada", "--force")["ada"]
    assert (forced["how"], forced["status"], forced["score"]) == ("graded", "graded", 5.0)
    on_gpu(True)
    assert autograde("--student", "ada", "--force")["ada"]["how"] == "completed"


def test_an_interrupted_run_is_finished_by_the_next(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    autograde()
    on_gpu(True)
    whole, calls = gradebook.write, []

    def write(*arguments: Any, **named: Any) -> Any:
        if calls:
            raise KeyboardInterrupt
        calls.append(arguments)
        return whole(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(gradebook, "write", write)
        with pytest.raises(Interrupted, match="1 graded in this run"):
            autograde("--deferred")
    statuses = sorted(stored(course, name)["status"] for name in ("ada", "bob"))
    assert statuses == ["graded", "incomplete"]
    rest = autograde("--deferred")
    assert sorted(entry["how"] for entry in rest.values()) == ["completed", "unchanged"]
    assert {stored(course, name)["status"] for name in ("ada", "bob")} == {"graded"}


def test_a_changed_hand_in_or_hidden_test_is_graded_again_as_a_whole(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    on_gpu(True)
    autograde()
    hand_in(course, "bob", moving_average=RIGHT_OTHERWISE)
    on_gpu(False)
    after = autograde()
    assert (after["ada"]["how"], after["ada"]["status"]) == ("unchanged", "graded")
    assert (after["bob"]["how"], after["bob"]["status"]) == ("graded", "incomplete")

    tests = course.hidden_tests("mini") / "test_mini.py"
    tests.write_text(tests.read_text(encoding="utf-8").replace("size=12", "size=13"), encoding="utf-8")
    on_gpu(True)
    assert {(entry["how"], entry["score"]) for entry in autograde("--deferred").values()} == {
        ("completed", 5.0)
    }
    assert {entry["how"] for entry in autograde("--deferred").values()} == {"unchanged"}


def test_an_equal_hand_in_takes_the_complete_grade_over(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    on_gpu(True)
    autograde("--student", "ada")
    on_gpu(False)
    hand_in(course, "bob")
    assert autograde()["bob"]["status"] == "graded"


def test_points_that_a_gpu_could_not_give_stay_open_and_are_named(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    tests = course.hidden_tests("mini") / "test_mini.py"
    spoiled = "    pytest.skip('The speed could not be measured.')\n    student.run("
    tests.write_text(tests.read_text(encoding="utf-8").replace("    student.run(", spoiled), encoding="utf-8")
    autograde("--student", "ada")
    before = stored(course, "ada")
    on_gpu(True)
    given = ["autograde", "mini", "--course", str(course.root), "--isolation", "weak", "--json", "--deferred"]
    result = CliRunner().invoke(application.app, given)
    assert result.exit_code == 1
    [entry] = json.loads(result.stdout)["results"]
    assert entry["how"] == "failed"
    assert entry["problem"] == "Its points stay open. The speed could not be measured."
    assert stored(course, "ada") == before


def test_a_hand_in_that_is_replaced_meanwhile_is_left_to_the_next_run(
    course: Course, autograde: Autograde
) -> None:
    autograde("--student", "ada")
    settings = GradingSettings(isolation="weak")
    todo = waiting(course, "mini", settings)
    assert todo.students == 1
    before = stored(course, "ada")
    hand_in(course, "ada", moving_average=RIGHT_OTHERWISE)
    assert list(complete(todo, course, "mini", settings, (SIMULATED,))) == []
    assert stored(course, "ada") == before


def test_deferred_grades_no_new_hand_ins(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    on_gpu(True)
    assert autograde("--deferred") == {}
    on_gpu(False)
    autograde("--student", "ada")
    on_gpu(True)
    assert list(autograde("--deferred")) == ["ada"]
    assert GradeStore(course, "mini").read("bob") is None


@pytest.mark.parametrize("arguments", [["--deferred"], ["--device", "gpu"]])
def test_without_a_gpu_it_says_so_before_anything_is_graded(
    course: Course, autograde: Autograde, arguments: list[str]
) -> None:
    with pytest.raises(NoGpuError, match="no GPU that can be used"):
        autograde(*arguments)
    assert not GradeStore(course, "mini").folder.exists()


def test_a_gpu_that_the_framework_cannot_use_leaves_the_points_open(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def useless(*_: object, **__: object) -> tuple[Gpu, ...]:
        raise NoGpuError("TensorFlow sees no GPU.")

    on_gpu(True)
    monkeypatch.setattr(grading_gpu, "usable_gpus", useless)
    assert {entry["status"] for entry in autograde().values()} == {"incomplete"}
    with pytest.raises(NoGpuError, match="sees no GPU"):
        autograde("--deferred")


def test_one_notebook_is_graded_at_once_where_there_is_a_gpu(
    course: Course, on_gpu: Callable[[bool], None]
) -> None:
    notebook = course.submitted / "bob" / "mini" / "mini.ipynb"
    given = [
        "grade",
        str(notebook),
        "-a",
        "mini",
        "--course",
        str(course.root),
        "--isolation",
        "weak",
        "--json",
    ]
    on_gpu(False)
    without = json.loads(CliRunner().invoke(application.app, given).stdout)
    on_gpu(True)
    with_gpu = json.loads(CliRunner().invoke(application.app, given).stdout)
    assert (without["status"], without["score"]) == ("incomplete", 2.0)
    assert (with_gpu["status"], with_gpu["score"]) == ("graded", 4.25)
    assert with_gpu["gpu_environment"]["device"] == "Simulated GPU"


def test_variants_are_verified_with_the_gpu_tests_where_there_is_a_gpu(course: Course) -> None:
    folder = course.root / "variants"
    folder.mkdir()
    header = '"""Wrong on a GPU only."""\n# expect: loses average-values\n# %% moving_average\n'
    (folder / "wrong_there.py").write_text(header + WRONG_THERE + "\n", encoding="utf-8")
    settings = GradingSettings(isolation="weak")

    def verdicts(*gpus: Gpu) -> dict[str, tuple[str, bool]]:
        found = verify(course, "mini", settings, variants=folder, gpus=lambda: gpus)
        return {verdict.name: (verdict.grade.status, not verdict.disagreements) for verdict in found}

    assert verdicts() == {"solution": ("incomplete", True), "wrong_there": ("incomplete", True)}
    assert verdicts(SIMULATED) == {"solution": ("graded", True), "wrong_there": ("graded", True)}


def test_tables_give_open_grades_to_no_other_system(
    course: Course, autograde: Autograde, on_gpu: Callable[[bool], None]
) -> None:
    autograde()
    on_gpu(True)
    autograde("--deferred", "--student", "ada")
    with (course.reports / "mini" / "grades.csv").open(newline="") as file:
        lines = {line["student"]: line for line in csv.DictReader(file)}
    # What a person reads is open in both; in bob's, what waits for the GPU as well.
    assert (lines["ada"]["state"], lines["ada"]["open"], lines["ada"]["open_gpu"]) == ("open", "3", "0")
    assert (lines["bob"]["state"], lines["bob"]["open"], lines["bob"]["open_gpu"]) == ("open", "6", "3")
    assert lines["bob"]["average-values"] == ""
    with (course.reports / "mini" / "moodle.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == []


def stored(course: Course, student: str) -> dict[str, Any]:
    kept = GradeStore(course, "mini").read(student)
    assert kept is not None
    return kept.grade.model_dump(mode="json")


def page(course: Course, student: str) -> str:
    return (course.reports / "mini" / student / "index.html").read_text(encoding="utf-8")


def recorded(course: Course, student: str) -> dict[str, tuple[float | None, int]]:
    """Automatic scores as nbgrader's database has them, and whether it waits for somebody."""
    query = (
        "SELECT base_cell.name, grade.auto_score, grade.needs_manual_grade FROM grade "
        "JOIN base_cell ON base_cell.id = grade.cell_id "
        "JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id "
        "JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id "
        "WHERE submitted_assignment.student_id = ? AND base_cell.name LIKE '%-values'"
    )
    with sqlite3.connect(course.root / "gradebook.db") as database:
        return {name: (score, waits) for name, score, waits in database.execute(query, (student,))}
