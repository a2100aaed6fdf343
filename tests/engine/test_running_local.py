"""The pool of graders on this machine: what it gives back when graders die, break or are told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell

from autograder import notebooks
from autograder.course import Course
from autograder.grading.engine import HiddenTestsError
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.intake import Submission
from autograder.running.local import GradingFailure, LocalPool, jobs_for

ANYWHERE = GradingSettings(isolation="weak")
BUSY = "import time\nend = time.process_time() + 2\nwhile time.process_time() < end:\n    pass"


def hand_in(course: Course, student: str, last: str = "") -> Submission:
    notebook = notebooks.read(course.source("mini"))
    if last:
        notebook.cells.append(new_code_cell(last))
    return Submission(assignment="mini", student=student, notebook=nbformat.writes(notebook))


def test_every_submission_gets_its_grade(mini_course: Course) -> None:
    hand_ins = [hand_in(mini_course, name) for name in ("ada", "ben", "cleo")]
    with LocalPool(mini_course, ANYWHERE, jobs=2) as pool:
        results = {submission.student: result for submission, result in pool.grade_all(hand_ins)}
    assert set(results) == {"ada", "ben", "cleo"}
    for student, result in results.items():
        assert isinstance(result, Grade)
        assert (result.student, result.score) == (student, 5.0)


def test_a_module_in_the_current_folder_is_not_imported(mini_course: Course, tmp_path: Path) -> None:
    """An instructor who stands in a student's folder runs none of its files outside a sandbox."""
    folder = mini_course.submitted / "ada" / "mini"
    folder.mkdir(parents=True)
    (folder / "mini.ipynb").write_text(hand_in(mini_course, "ada").notebook)
    for module in ("numpy", "selectors", "socket", "autograder"):
        (folder / f"{module}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a')\nraise ImportError")
    command = [
        str(Path(sys.executable).parent / "autograder"),
        "autograde",
        "mini",
        "--isolation=weak",
        "--quiet",
    ]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    subprocess.run(command, cwd=folder, env=environment, check=True)
    assert not (tmp_path / "ran").exists()


def test_a_killed_grader_loses_nothing_and_leaves_nothing(mini_course: Course) -> None:
    quick, slow = hand_in(mini_course, "quick"), hand_in(mini_course, "slow", BUSY)
    results = {}
    with LocalPool(mini_course, ANYWHERE, jobs=2) as pool:
        for submission, result in pool.grade_all([quick, slow]):
            results[submission.student] = result
            if submission.student == "quick" and len(results) == 1:
                busy = next(worker for worker in pool._workers if worker.task is not None)
                children = psutil.Process(busy.process.pid).children(recursive=True)
                os.kill(busy.process.pid, signal.SIGKILL)
    assert isinstance(results["slow"], Grade)
    assert results["slow"].score == 5.0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_a_submission_that_ends_its_graders_is_reported_and_the_others_go_on(
    mini_course: Course, tmp_path: Path
) -> None:
    tests = mini_course.hidden_tests("mini") / "test_mini.py"
    breaking = (
        "\n\n@pytest.mark.item('average-values')\n"
        "def test_that_ends_the_grader(source):\n"
        "    '''Ends the grader on one submission.'''\n"
        "    if 'BREAK' in source.text:\n"
        "        import os\n"
        "        os._exit(9)\n"
    )
    tests.write_text(tests.read_text(encoding="utf-8") + breaking, encoding="utf-8")
    hand_ins = [hand_in(mini_course, "bad", "BREAK = 1"), hand_in(mini_course, "good")]
    with LocalPool(mini_course, ANYWHERE, jobs=1) as pool:
        results = {submission.student: result for submission, result in pool.grade_all(hand_ins)}
    assert isinstance(results["bad"], GradingFailure)
    assert isinstance(results["good"], Grade)
    assert results["good"].score == 5.0


def test_a_mistake_of_the_course_stops_the_run_with_its_name(mini_course: Course) -> None:
    (mini_course.hidden_tests("mini") / "test_mini.py").write_text("import no_such_module", encoding="utf-8")
    with (
        LocalPool(mini_course, ANYWHERE, jobs=1) as pool,
        pytest.raises(HiddenTestsError, match="no_such_module"),
    ):
        list(pool.grade_all([hand_in(mini_course, "ada")]))


def test_there_are_no_more_graders_than_wanted_cores_and_submissions(mini_course: Course) -> None:
    assert jobs_for(2) == 2
    assert 1 <= jobs_for(0) <= len(os.sched_getaffinity(0))
    with LocalPool(mini_course, ANYWHERE, jobs=8) as pool:
        assert len(list(pool.grade_all([hand_in(mini_course, "ada")]))) == 1
        assert len(pool._workers) == 1


def test_a_hand_in_is_read_when_a_grader_is_free_for_it(mini_course: Course) -> None:
    asked = []

    def hand_ins() -> Iterator[Submission]:
        for student in ("ada", "ben", "cleo", "dora"):
            asked.append(student)
            yield hand_in(mini_course, student)

    with LocalPool(mini_course, ANYWHERE, jobs=1) as pool:
        for done, _ in enumerate(pool.grade_all(hand_ins()), start=1):
            assert len(asked) <= done + 1


def test_a_pool_grades_again_when_its_graders_are_idle(mini_course: Course) -> None:
    with LocalPool(mini_course, ANYWHERE, jobs=1) as pool:
        for student in ("ada", "ben"):
            graded = [submission.student for submission, _ in pool.grade_all([hand_in(mini_course, student)])]
            assert graded == [student]
