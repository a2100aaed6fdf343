"""The cycle on a real PostgreSQL: our writer, nbgrader's own commands and a person's marks on one database."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from nbgrader_commands import SOLVED, WRONG, answered, nbgrader, needs_sandbox

from autograder import gradebook
from autograder.course import Course
from autograder.grading.engine import grade
from autograder.intake import Submission, submissions

FIXTURE = Path(__file__).parents[1] / "engine" / "course_fixture"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A PostgreSQL server of our own in a temporary folder, listening on a socket only."""
    pytest.importorskip("psycopg")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb")
    if not programs and found is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    bin_ = programs[-1] if programs else Path(str(found)).parent
    # The server refuses to run as root, and another account cannot enter pytest's own folders.
    account: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if account:
        shutil.chown(folder, account["user"])

    def run(*command: str) -> None:
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **account)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    try:
        run(f"{bin_}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "grader", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        log = f"{folder}/log"
        run(f"{bin_}/pg_ctl", "-D", f"{folder}/data", "-o", options, "-l", log, "-w", "start")
        try:
            yield f"postgresql://grader@/postgres?host={folder}"
        finally:
            run(f"{bin_}/pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def course(url: str, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two hand-ins, graded into PostgreSQL by the engine."""
    needs_sandbox()
    folder = tmp_path_factory.mktemp("postgres") / "course"
    shutil.copytree(FIXTURE, folder)
    with (folder / "course.yaml").open("a") as file:
        file.write(f'\ngradebook: "{url}"\n')
    course = Course.load(folder)
    for student, answers in {"ada": SOLVED, "bob": WRONG}.items():
        answered(course.release("mini"), answers, to=course.submitted / student / "mini" / "mini.ipynb")
    for hand_in in submissions(course, "mini"):
        assert isinstance(hand_in, Submission)
        gradebook.write(grade(hand_in, course), hand_in, course)
    return course


def scores(course: Course) -> dict[str, dict[str, float | None]]:
    return {
        student: {item.id: item.score for item in found.items.values()}
        for student, found in gradebook.class_grades(course, "mini").items()
    }


FULL = {"standardise-values": 2.0, "average-values": 3.0, "q-constant": None, "more": None}


def test_writes_into_postgres_and_nowhere_else(course: Course):
    assert scores(course) == {"ada": FULL, "bob": {**FULL, "standardise-values": 0.0}}
    assert not (course.root / "gradebook.db").exists()


def test_nbgraders_commands_share_the_database(course: Course):
    from nbgrader.api import Gradebook

    with Gradebook(course.database_url, course.id) as book:
        row = book.find_grade("q-constant", "mini", "mini", "ada")
        row.manual_score, row.needs_manual_grade = 1.5, False
        book.db.commit()
    nbgrader("autograde", "mini", "--force", folder=course.root)
    assert scores(course)["ada"] == {**FULL, "q-constant": 1.5}
    nbgrader("generate_feedback", "mini", folder=course.root)
    assert "Score: 6.5 / 8.0" in (course.feedback / "ada/mini/mini.html").read_text()
    nbgrader("export", "--to", "grades.csv", folder=course.root)
    with (course.root / "grades.csv").open() as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == {
            "ada": 6.5,
            "bob": 3.0,
        }


def test_killed_in_the_middle_leaves_nothing_half(course: Course):
    before = scores(course)
    [hand_in, *_] = submissions(course, "mini")
    assert isinstance(hand_in, Submission)
    worse = grade(hand_in, course)
    worse = worse.model_copy(
        update={"items": tuple(i.model_copy(update={"score": i.score and 0.0}) for i in worse.items)}
    )
    for last in (2, 6, 10, 14):
        child = os.fork()
        if child == 0:
            sqlalchemy.Engine.dispose(
                gradebook.database._engine(course.database_url, exclusive=True), close=False
            )
            statements = iter(range(1, last + 1))

            @sqlalchemy.event.listens_for(sqlalchemy.Engine, "after_cursor_execute")
            def count(*_: object, statements: Any = statements, last: int = last) -> None:
                if next(statements) == last:
                    os.kill(os.getpid(), signal.SIGKILL)

            gradebook.write(worse, hand_in, course)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        assert scores(course) == before
