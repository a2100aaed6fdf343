"""kill -9 at any moment, then running it again: the gradebook and the pages are those of an undisturbed run."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import nbformat
import psutil
import pytest
import sqlalchemy
from nbformat.v4 import new_code_cell

from autograder import gradebook, notebooks
from autograder.class_run import carry_out, plan
from autograder.course import Course
from autograder.grading.grade import Grade, ItemGrade, Status, Timing
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.running.store import GradeStore

SETTINGS = GradingSettings(isolation="weak")
STUDENTS = (
    "ada",
    "bob",
    "cleo",
    "dora",
)  # bob handed in what ada did, cleo no notebook; emil is in dora's group


@pytest.fixture
def course(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A class that was graded once; then a person marked an answer, and a hidden test changed."""
    monkeypatch.setenv("AUTOGRADER_SECRET", "a secret for these tests, long enough")
    (mini_course.root / "roster.csv").write_text(
        "id,group\nada,\nbob,\ncleo,\ndora,g\nemil,g\nfrida,\n", encoding="utf-8"
    )
    with (mini_course.root / "course.yaml").open("a") as file:
        file.write("\nroster: roster.csv\n")
    course = Course.load(mini_course.root)
    for student in STUDENTS:
        folder = course.submitted / student / "mini"
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text("2026-11-04 10:00:00 UTC")
        notebook = notebooks.read(course.source("mini"))
        if student == "dora":
            notebook.cells.append(new_code_cell("ANOTHER = True"))
        (folder / "mini.ipynb").write_text("{" if student == "cleo" else nbformat.writes(notebook))
    run(course, pool=CannedPool(points=1.0))
    from nbgrader.api import Gradebook

    with Gradebook(course.database_url, course.id) as book:
        row = book.find_grade("q-constant", "mini", "mini", "ada")
        row.manual_score, row.needs_manual_grade = 1.5, False
        book.find_comment("q-constant", "mini", "mini", "ada").manual_comment = "Why?"
        book.db.commit()
    with (course.hidden_tests("mini") / "test_mini.py").open("a") as file:
        file.write("# changed\n")
    return course


class CannedPool:
    """Grades at once, and always the same: what is tested here is what is written, and when."""

    def __init__(self, points: float) -> None:
        self._points = points
        self.asked: list[str] = []

    def grade_all(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Grade]]:
        for submission in submissions:
            self.asked.append(submission.student)
            item = ItemGrade(id="average-values", score=self._points, max_score=3.0, status=Status.PARTIAL)
            yield (
                submission,
                Grade(
                    assignment="mini",
                    student=submission.student,
                    score=self._points,
                    max_score=8.0,
                    status="graded",
                    items=(item,),
                    timing=Timing(wall_s=1.0, cpu_s=1.0),
                    notebook=submission.notebook,
                ),
            )


def run(course: Course, pool: CannedPool) -> dict[str, str]:
    todo = plan(course, "mini", SETTINGS)
    done = carry_out(todo, course, "mini", SETTINGS, pool=pool)  # type: ignore[arg-type]
    return {graded.student: graded.how for graded in done}


def killed_at(step: int, course: Course) -> bool:
    """Run in a process that is killed before its `step`th change of files or database; whether it came to that."""
    child = os.fork()
    if child == 0:
        counted = Steps(step)
        for module, name in ((os, "replace"), (tempfile, "mkstemp"), (os, "unlink")):
            setattr(module, name, counted.before(getattr(module, name)))
        sqlalchemy.event.listen(sqlalchemy.Engine, "commit", counted)
        try:
            run(course, CannedPool(points=2.0))
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


class Steps:
    """Kills this process before the last of so many steps."""

    def __init__(self, left: int) -> None:
        self._left = left

    def __call__(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function: Any) -> Any:
        def counted(*args: Any, **named: Any) -> Any:
            self()
            return function(*args, **named)

        return counted


def state(course: Course, *, timings: bool = True) -> dict[str, Any]:
    """All that a run leaves, without the ids and random numbers that differ between any two runs."""
    files = {}
    for folder in (course.autograded, course.reports, GradeStore(course, "mini").folder):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                same = path.name != "submission_secret.txt" and timings
                content = hashlib.sha256(path.read_bytes()).hexdigest() if same else ""
                files[str(path.relative_to(course.root))] = content
    with contextlib.closing(sqlalchemy.create_engine(course.database_url).raw_connection()) as book:
        rows = {
            name: sorted(map(repr, book.cursor().execute(query).fetchall()))
            for name, query in QUERIES.items()
        }
    return {"files": sorted(files.items()), **rows}


_OF = """FROM {0} JOIN submitted_notebook n ON n.id = {0}.notebook_id
    JOIN submitted_assignment a ON a.id = n.assignment_id JOIN base_cell c ON c.id = {0}.cell_id"""
QUERIES = {
    "grades": "SELECT a.student_id, c.name, auto_score, manual_score, needs_manual_grade "
    + _OF.format("grade"),
    "comments": "SELECT a.student_id, c.name, auto_comment, manual_comment " + _OF.format("comment"),
    "hand-ins": "SELECT student_id, timestamp FROM submitted_assignment",
    "penalties": "SELECT late_submission_penalty, flagged FROM submitted_notebook",
    "cells": "SELECT name, type FROM base_cell",
    "students": "SELECT id FROM student",
}


def copies(course: Course, count: int) -> list[Course]:
    made = []
    for number in range(count):
        folder = course.root.with_name(f"copy{number}")
        shutil.copytree(course.root, folder)
        made.append(Course.load(folder))
    return made


def check_kills_at(steps: Iterable[int], course: Course) -> int:
    """Compare with an undisturbed run after a kill at each of the steps; how many of them there were."""
    undisturbed, disturbed = copies(course, 2)
    run(undisturbed, CannedPool(points=2.0))
    wanted = state(undisturbed)
    assert "'ada', 'q-constant', None, 1.5" in str(wanted["grades"])
    count = 0
    for step in steps:
        shutil.rmtree(disturbed.root)
        shutil.copytree(course.root, disturbed.root)
        if not killed_at(step, disturbed):
            break
        count += 1
        run(disturbed, CannedPool(points=2.0))
        found = state(disturbed)
        differing = {
            name: sorted(set(found[name]) ^ set(wanted[name])) or name
            for name in wanted
            if found[name] != wanted[name]
        }
        assert not differing, f"killed before step {step}"
    return count


def test_what_a_killed_run_leaves_is_completed_by_the_next(course: Course) -> None:
    assert check_kills_at(range(2, 1000, 9), course) > 5


@pytest.mark.full
def test_every_single_step_of_writing_can_be_the_last(course: Course) -> None:
    assert check_kills_at(range(1, 1000), course) > 50


def test_equal_work_is_graded_once_and_what_is_graded_is_not_graded_again(course: Course) -> None:
    first, second = CannedPool(points=2.0), CannedPool(points=3.0)
    assert run(course, first) == {"ada": "graded", "bob": "graded", "cleo": "rejected", "dora": "graded"}
    assert sorted(first.asked) == ["ada", "dora"]
    assert run(course, second) == {
        "ada": "unchanged",
        "bob": "unchanged",
        "cleo": "rejected",
        "dora": "unchanged",
    }
    assert second.asked == []
    assert gradebook.recorded_grades(course, "mini", "emil").items["average-values"].score == 2.0


def test_equal_work_handed_in_later_takes_the_stored_grade(course: Course) -> None:
    run(course, CannedPool(points=2.0))
    shutil.copytree(course.submitted / "dora", course.submitted / "frida")
    later = CannedPool(points=3.0)
    assert run(course, later)["frida"] == "graded"
    assert later.asked == []
    assert gradebook.recorded_grades(course, "mini", "frida").items["average-values"].score == 2.0


def test_the_same_work_in_another_file_is_not_graded_again(course: Course) -> None:
    run(course, CannedPool(points=2.0))
    file = course.submitted / "dora" / "mini" / "mini.ipynb"
    file.write_text(json.dumps(json.loads(file.read_text()), indent=4))
    again = CannedPool(points=3.0)
    assert run(course, again)["dora"] == "unchanged"
    assert again.asked == []
    assert "dora" in plan(course, "mini", SETTINGS).valid


def test_a_changed_file_is_seen_though_its_time_and_size_are_the_same(course: Course) -> None:
    run(course, CannedPool(points=2.0))
    file = course.submitted / "dora" / "mini" / "mini.ipynb"
    times = file.stat()
    file.write_text(file.read_text().replace("ANOTHER = True", "ANOTHER = None"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert file.stat().st_size == times.st_size
    assert set(plan(course, "mini", SETTINGS).todo) == {"cleo", "dora"}


# Real runs, with graders, a warm parent and sandboxes.

COMMAND = "from autograder.cli import main; main()"


def start(course: Course) -> subprocess.Popen[bytes]:
    arguments = [
        "autograde",
        "mini",
        "--quiet",
        "--jobs",
        "2",
        "--isolation",
        "weak",
        "--course",
        str(course.root),
    ]
    return subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], stderr=subprocess.DEVNULL)


def small_class(course: Course, size: int) -> Course:
    """Hand-ins that differ, right and wrong ones."""
    shutil.rmtree(course.submitted)
    for number in range(size):
        notebook = notebooks.read(course.source("mini"))
        notebook.cells.append(new_code_cell(f"NUMBER = {number}"))
        if number % 3 == 0:
            notebook.cells.append(new_code_cell("def moving_average(values, width):\n    return values"))
        folder = course.submitted / f"s{number:02}" / "mini"
        folder.mkdir(parents=True)
        (folder / "mini.ipynb").write_text(nbformat.writes(notebook))
    return course


def descendants(driver: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return psutil.Process(driver.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def finished(course: Course) -> None:
    assert start(course).wait(timeout=300) in (0, 1)


def has_grades(course: Course, count: int) -> bool:
    return len(GradeStore(course, "mini").students()) >= count


def wait_until_graded(course: Course, count: int, driver: subprocess.Popen[bytes]) -> None:
    while not has_grades(course, count) and driver.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(timeout=0.02)


@pytest.fixture
def real(course: Course) -> tuple[Course, Course]:
    """A class to be disturbed, and one that was graded without disturbance."""
    for folder in (course.autograded, course.reports, course.root / ".autograder"):
        shutil.rmtree(folder)
    (course.root / "gradebook.db").unlink()
    small_class(course, 16)  # enough to be in the middle of it when a signal arrives
    [undisturbed] = copies(course, 1)
    finished(undisturbed)
    return course, undisturbed


def test_a_killed_driver_leaves_no_process_and_the_next_run_finishes(real: tuple[Course, Course]) -> None:
    course, undisturbed = real
    driver = start(course)
    wait_until_graded(course, 2, driver)
    left = descendants(driver)
    assert len(left) > 3
    driver.kill()
    driver.wait()
    _, alive = psutil.wait_procs(left, timeout=30)
    assert not alive
    finished(course)
    assert state(course, timings=False) == state(undisturbed, timings=False)


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(real: tuple[Course, Course]) -> None:
    course, undisturbed = real
    arguments = [
        "autograde",
        "mini",
        "--json",
        "--jobs",
        "2",
        "--isolation",
        "weak",
        "--course",
        str(course.root),
    ]
    driver = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a process group of its own, as in a terminal
        # Where the tests run in the background, a shell has them ignore the signal, and so would this process.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until_graded(course, 2, driver)  # type: ignore[arg-type]
    left = descendants(driver)  # type: ignore[arg-type]
    os.killpg(driver.pid, signal.SIGINT)
    printed, said = driver.communicate(timeout=60)
    assert driver.returncode == 130
    assert "again" in said
    assert "Traceback" not in said
    document = json.loads(printed)
    assert document["interrupted"]
    assert len(document["results"]) >= 1
    _, alive = psutil.wait_procs(left, timeout=30)
    assert not alive
    finished(course)
    assert state(course, timings=False) == state(undisturbed, timings=False)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_fifty_kills_at_random_moments(real: tuple[Course, Course], seed: int) -> None:
    """Five kills each: of the driver, a grader, the warm parent or any other process of the run."""
    course, undisturbed = real
    moments = random.Random(seed)
    for _ in range(5):
        driver = start(course)
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(timeout=moments.uniform(0.1, 8.0))
        victims = descendants(driver)
        victim = moments.choice(["driver", "other"])
        if victim == "driver" or not victims:
            driver.kill()
        else:
            with contextlib.suppress(psutil.NoSuchProcess):
                moments.choice(victims).kill()
        driver.wait(timeout=300)
        _, alive = psutil.wait_procs(victims, timeout=30)
        assert not alive
    finished(course)
    assert state(course, timings=False) == state(undisturbed, timings=False)
