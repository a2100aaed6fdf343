"""Grading from end to end on the mini course: real sandboxes, real pytest, no gradebook."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from autograder import notebooks
from autograder.course import Course
from autograder.grading import opening
from autograder.grading.allowance import Allowance
from autograder.grading.engine import grade
from autograder.grading.grade import Grade, Outcome, Status
from autograder.grading.opening import GradingSettings
from autograder.grading.session import StudentSession
from autograder.grading.variants import read_variants
from autograder.intake import Submission

FIXTURE = Path(__file__).parent / "course_fixture"
ANYWHERE = GradingSettings(isolation="weak")  # what is tested here must hold with whatever layers there are

GradeOf = Callable[..., Grade]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("course") / "mini"
    shutil.copytree(FIXTURE, folder)
    settings = folder / "course.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("call_s: 5", "call_s: 1"), encoding="utf-8"
    )
    return Course.load(folder)


@pytest.fixture
def grade_of(course: Course) -> GradeOf:
    """Grade the solution with other texts in solution cells, and with further cells at the top or the end."""

    def grade_notebook(replaced: dict[str, str] | None = None, first: str = "", last: str = "") -> Grade:
        notebook = notebooks.replace_solutions(notebooks.read(course.source("mini")), replaced or {})
        if first:
            notebook.cells.insert(0, new_code_cell(first))
        if last:
            notebook.cells.append(new_code_cell(last))
        text = nbformat.writes(notebook)
        return grade(Submission(assignment="mini", student="s", notebook=text), course, ANYWHERE)

    return grade_notebook


def scores(result: Grade) -> dict[str, float | None]:
    return {item.id: item.score for item in result.items}


def statuses(result: Grade) -> dict[str, Status]:
    return {item.id: item.status for item in result.items}


FULL = {"standardise-values": 2.0, "average-values": 3.0, "q-constant": None, "more": None}


def test_the_solution_has_full_marks_and_manual_items_stay_open(grade_of: GradeOf) -> None:
    result = grade_of()
    assert scores(result) == FULL
    assert (result.score, result.max_score, result.status) == (5.0, 8.0, "graded")
    assert statuses(result)["q-constant"] == Status.MANUAL
    assert result.timing.cpu_s > 0


def test_every_variant_agrees(course: Course) -> None:
    solution = notebooks.read(course.source("mini"))
    variants = read_variants(course.hidden_tests("mini") / "variants")
    assert variants
    for variant in variants:
        text = nbformat.writes(variant.apply(solution))
        result = grade(Submission(assignment="mini", student=variant.name, notebook=text), course, ANYWHERE)
        assert variant.disagreements(result) == []


def test_the_same_submission_gets_the_same_grade(grade_of: GradeOf) -> None:
    wrong = {"moving_average": "def moving_average(values, width):\n    return values"}
    first, second = grade_of(wrong), grade_of(wrong)
    assert [item.model_dump(exclude={"outcomes"}) for item in first.items] == [
        item.model_dump(exclude={"outcomes"}) for item in second.items
    ]


def test_a_missing_function_loses_its_item_only(grade_of: GradeOf) -> None:
    result = grade_of({"moving_average": "pass"})
    assert scores(result) == {**FULL, "average-values": 0.0}
    assert statuses(result)["average-values"] == Status.MISSING
    assert "moving_average" in result.items[1].message


def test_a_cell_that_raises_does_not_stop_the_others(grade_of: GradeOf) -> None:
    assert scores(grade_of(first="raise RuntimeError('works on my machine')")) == FULL


@pytest.mark.parametrize("ends", ["exit()", "quit", "import sys; sys.exit(1)", "get_ipython().ask_exit()"])
def test_an_exit_ends_its_cell_and_nothing_else(grade_of: GradeOf, ends: str) -> None:
    result = grade_of(first=f"given = 1\n{ends}", last="given = sum(range(10**7))")
    assert scores(result) == FULL
    assert not any("process ended" in notice for notice in result.notices)


def test_the_page_says_which_cells_stopped_and_why(grade_of: GradeOf) -> None:
    broken = {
        "standardise": "import no_such_library\n\ndef standardise(x):\n    return x",
        "moving_average": "def moving_average(x, width):\n    return x = 1",
    }
    result = grade_of(
        broken, first="import numpy as np\ndata = np.load('mine.npy')", last="raise KeyError(open)"
    )
    missing = "ModuleNotFoundError: No module named 'no_such_library' (line 1: `import no_such_library`)"
    assert f"Cell `standardise` stopped with {missing}." in result.notices
    assert "Cell 1 stopped with FileNotFoundError (line 2: `data = np.load('mine.npy')`)." in result.notices
    assert any(notice.startswith("Cell 14 stopped with KeyError (line 1:") for notice in result.notices)
    assert result.items[0].message == (
        f"There is no `standardise` in the notebook: the cell that defines it stopped with {missing}."
    )
    assert result.items[1].message.endswith("stopped with SyntaxError (line 2: `return x = 1`).")
    assert (
        sum("stopped with" in notice for notice in result.notices) == 4
    )  # the public checks, which fail as well, are not listed


def test_numbers_that_were_saved_in_a_hand_in_do_not_name_another_cell(course: Course) -> None:
    """The place of an error is the cell that ran under a number, not one that had it at home."""
    broken = "def moving_average(x, width):\n    return undefined_name"
    notebook = notebooks.replace_solutions(notebooks.read(course.source("mini")), {"moving_average": broken})
    notebook.cells.append(new_code_cell("\n\n"))  # blank, so it is not run
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = (
                4  # which the broken cell has, and not the last, when the notebook is run here
            )
    text = nbformat.writes(notebook)
    result = grade(Submission(assignment="mini", student="s", notebook=text), course, ANYWHERE)
    assert "line 2 of cell `moving_average`: `return undefined_name`" in result.items[1].message


def test_a_cell_that_ends_the_process_is_left_out_and_the_rest_runs(grade_of: GradeOf) -> None:
    result = grade_of(first="import os\nos._exit(0)")
    assert scores(result) == FULL
    assert any("Cell 1" in notice and "ended" in notice for notice in result.notices)


def test_a_call_that_ends_the_process_costs_its_item_and_the_next_test_has_a_new_process(
    grade_of: GradeOf,
) -> None:
    result = grade_of({"standardise": "def standardise(table):\n    import os\n    os._exit(0)"})
    assert scores(result) == {**FULL, "standardise-values": 0.0}
    assert statuses(result)["standardise-values"] == Status.ERROR


def test_once_the_time_of_all_sessions_is_used_up_the_remaining_tests_end_with_that_reason(
    grade_of: GradeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    class UsedUpByARestart(Allowance):
        starts = 0

        def begin(self) -> None:
            self.starts += 1
            super().begin()

        @property
        def left_s(self) -> float:
            return -1.0 if self.starts > 1 else super().left_s

    monkeypatch.setattr(opening, "Allowance", UsedUpByARestart)
    result = grade_of({"standardise": "def standardise(table):\n    import os\n    os._exit(0)"})
    after = [item for item in result.items if item.outcomes][-1]
    assert after.status == Status.ERROR
    assert "that they may take in all; its Python process was not started again" in after.message
    assert after.score == 0


def test_a_test_may_end_the_process_and_the_next_one_has_another(tmp_path: Path) -> None:
    result = _graded_with(
        "@pytest.mark.item('average-values')\n"
        "def test_1_ends(student, end_student):\n"
        "    student.run('MARK = 1')\n"
        "    expect(student.get('MARK') == 1, 'not marked')\n"
        "    end_student()\n"
        "    with pytest.raises(StudentDied):\n"
        "        student.get('MARK')\n"
        "\n\n@pytest.mark.item('average-values')\n"
        "def test_2_goes_on(student):\n"
        "    expect(not student.has('MARK'), 'the old process')\n"
        "    expect(student.has('moving_average'), 'the notebook was not run')\n"
        "\n\nfrom autograder.remote.errors import StudentDied\n",
        tmp_path,
    )
    outcomes = {o.test: o for item in result.items for o in item.outcomes}
    assert [outcomes[name].status for name in ("test_1_ends", "test_2_goes_on")] == [Status.PASSED] * 2
    assert statuses(result)["average-values"] == Status.PASSED


def test_an_endless_call_is_stopped_by_its_budget(grade_of: GradeOf) -> None:
    result = grade_of({"standardise": "def standardise(table):\n    while True:\n        pass"})
    assert scores(result) == {**FULL, "standardise-values": 0.0}
    assert statuses(result)["standardise-values"] == Status.TIMEOUT


def test_cells_tagged_experiment_are_not_run(course: Course) -> None:
    notebook = notebooks.read(course.source("mini"))
    notebook.cells.append(
        new_code_cell("def standardise(table):\n    return table", metadata={"tags": ["experiment"]})
    )
    text = nbformat.writes(notebook)
    result = grade(Submission(assignment="mini", student="s", notebook=text), course, ANYWHERE)
    assert scores(result) == FULL


@pytest.mark.parametrize(
    "forgery",
    [
        "print('5.0')\nprint('PASSED')",
        "import builtins, numpy\nnumpy.allclose = lambda *a, **k: True\nbuiltins.all = lambda *a: True",
        "import atexit\natexit.register(print, 'score: 5')\nraise SystemExit(0)",
    ],
)
def test_nothing_that_the_process_says_is_a_score(grade_of: GradeOf, forgery: str) -> None:
    wrong = {"standardise": "def standardise(table):\n    return table", "moving_average": "pass"}
    assert grade_of(wrong, first=forgery).score == 0.0


def test_output_without_end_is_cut(grade_of: GradeOf, course: Course) -> None:
    result = grade_of(last="for _ in range(100_000):\n    print('x' * 100)")
    assert scores(result) == FULL
    assert len(result.notebook) < 3 * 1024 * course.assignment("mini").limits.output_kb
    assert "longer than is kept" in result.notebook


def test_a_notebook_that_knows_nothing_of_the_assignment_gets_a_grade(course: Course) -> None:
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[new_code_cell("import torch_that_is_not_there")]))
    result = grade(Submission(assignment="mini", student="s", notebook=text), course, ANYWHERE)
    assert result.score == 0.0
    assert statuses(result)["standardise-values"] in (Status.MISSING, Status.ERROR)


def test_assertions_and_prints_of_hidden_tests_reach_the_log_only(tmp_path: Path) -> None:
    result = _graded_with(
        "@pytest.mark.item('average-values')\n"
        "def test_secret(student):\n"
        "    '''What the student reads.'''\n"
        "    secret = 'CANARY-1'\n"
        "    print('CANARY-2')\n"
        "    assert secret == 'CANARY-3', 'CANARY-4'\n"
        "\n\n@pytest.mark.item('average-values')\n"
        "def test_broken(student):\n"
        "    raise KeyError('CANARY-5')\n",
        tmp_path,
    )
    shown = result.model_copy(update={"log": ""}).model_dump_json()
    assert "CANARY" not in shown
    assert "What the student reads." in shown
    for number in range(2, 6):
        assert f"CANARY-{number}" in result.log
    assert statuses(result)["average-values"] == Status.PARTIAL


def test_the_cases_of_a_parametrised_test_are_told_apart(tmp_path: Path) -> None:
    result = _graded_with(
        "@pytest.mark.item('average-values')\n"
        "@pytest.mark.parametrize('side, limits', [('left', [1, 2]), ('right', [3, 4])])\n"
        "def test_sides(student, side, limits):\n"
        "    '''Numbers on the {side}, within {limits}.'''\n",
        tmp_path,
    )
    found = [outcome.checked for item in result.items for outcome in item.outcomes]
    told = [sentence for sentence in found if sentence.startswith("Numbers on the")]
    assert told == ["Numbers on the left, within {limits}.", "Numbers on the right, within {limits}."]


def _graded_with(tests: str, tmp_path: Path) -> Grade:
    """The solution's grade in a course with these hidden tests too."""
    folder = tmp_path / "mini"
    shutil.copytree(FIXTURE, folder)
    hidden = folder / "tests" / "hidden" / "mini" / "test_mini.py"
    hidden.write_text(hidden.read_text(encoding="utf-8") + "\n\n" + tests, encoding="utf-8")
    own = Course.load(folder)
    text = own.source("mini").read_text(encoding="utf-8")
    return grade(Submission(assignment="mini", student="s", notebook=text), own, ANYWHERE)


WORN_OUT = """
CALLS = []

def often():
    CALLS.append(1)
    if len(CALLS) > 3:
        raise ValueError("worn out")
    return 1.0
"""
ASKED_OFTEN = '''
import pytest
from autograder.grading.verdicts import expect

pytestmark = [pytest.mark.fresh_if_raised, pytest.mark.item("average-values")]

def ask(student, times):
    for _ in range(times):
        expect(student.often() == 1.0, "Not 1.")

def test_1_once(student):
    """One call."""
    ask(student, 1)

def test_2_three_times(student, rng, measure):
    """Three calls: more than are left, fewer than a new process allows."""
    measure.figure("drawn", float(rng.random()))
    ask(student, 3)

def test_3_too_often(student):
    """More calls than any process allows."""
    ask(student, 4)

def test_4_too_often_again(student):
    """The same again."""
    ask(student, 4)
'''


def test_what_earlier_tests_have_left_behind_is_no_mistake_where_a_test_says_so(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewals: list[bool] = []
    start_anew = StudentSession.start_anew

    def counted(session: StudentSession) -> bool:
        renewals.append(start_anew(session))
        return renewals[-1]

    monkeypatch.setattr(StudentSession, "start_anew", counted)
    asked = mini_course.hidden_tests("mini") / "test_often.py"
    asked.write_text(ASKED_OFTEN, encoding="utf-8")
    notebook = notebooks.read(mini_course.source("mini"))
    notebook.cells.append(new_code_cell(WORN_OUT))
    hand_in = Submission(assignment="mini", student="s", notebook=nbformat.writes(notebook))

    def found() -> dict[str, Outcome]:
        outcomes = [o for item in grade(hand_in, mini_course, ANYWHERE).items for o in item.outcomes]
        return {outcome.test: outcome for outcome in outcomes if outcome.test.startswith("test_")}

    marked = found()
    assert [marked[name].status for name in sorted(marked) if name[5].isdigit()] == [
        Status.PASSED, Status.PASSED, Status.ERROR, Status.ERROR,
    ]  # fmt: skip
    assert [figure.name for figure in marked["test_2_three_times"].figures] == ["drawn"]
    assert renewals == [
        True,
        True,
    ]  # for the second test and for the third; the fourth is known to raise anew

    asked.write_text(ASKED_OFTEN.replace("pytest.mark.fresh_if_raised, ", ""), encoding="utf-8")
    assert found()["test_2_three_times"].status == Status.ERROR
    assert len(renewals) == 2
