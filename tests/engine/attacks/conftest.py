"""The arena of the attacks: made once, with a warm parent, for all of them."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `sandboxing`

from arena import CANARY, HIDDEN_NUMBER, SECRET, Arena
from sandboxing import needs_full_isolation

from autograder.course import Course
from autograder.grading.warmth import drop_ready_kernel, expect_more, forget_reference, warm_parent
from autograder.sandbox import parent

FIXTURE = Path(__file__).parents[1] / "course_fixture"
LIMITS = (
    "{notebook_s: 30, cell_s: 5, call_s: 1, cpu_s: 30, memory_mb: 1024, processes: 64, "
    "scratch_mb: 64, output_kb: 256}"
)
HIDDEN_TESTS = f'''
"""Hidden tests of the arena. {CANARY}-module"""
import numpy as np
import pytest

from autograder.grading.verdicts import expect
from autograder.remote.errors import StudentError

LABEL = "{CANARY}-label"


@pytest.fixture(autouse=True)
def _arrays(student):
    with student.arrays_as("numpy"):
        yield
    try:
        if not student.ended and student.has("LOOT"):
            for found in student.get("LOOT"):
                print("LOOT", str(found)[:500].replace("\\n", " "))
    except StudentError as error:
        print("no loot:", error.detail)


def hidden_table(rng):
    table = rng.normal(loc=5.0, scale=3.0, size=(50, 4))
    table[0, 0] = {HIDDEN_NUMBER}
    return table


@pytest.mark.item("standardise-values")
def test_columns_are_standardised(student, rng):
    """Random columns come back with mean 0 and standard deviation 1."""
    secret = "{CANARY}-local"
    table = hidden_table(rng)
    expected = (table - table.mean(axis=0)) / table.std(axis=0)
    print("{CANARY}-printed", secret, expected[0])
    answer = student.standardise(table)
    expect(answer.shape == expected.shape and np.allclose(answer, expected), "The columns differ.")


@pytest.mark.item("average-values")
def test_windows_are_averaged(student, rng):
    """The moving average of random values."""
    values = rng.normal(size=30)
    values[0] = {HIDDEN_NUMBER}
    answer = student.moving_average(values, 4)
    expected = np.convolve(values, np.full(4, 0.25), mode="valid")
    assert answer.shape == expected.shape and np.allclose(answer, expected), "{CANARY}-assertion"
'''


@pytest.fixture(scope="session")
def arena() -> Iterator[Arena]:
    # One warm parent for the grader and for the sandboxes that the tests open themselves.
    parent._shared.setdefault("tensorflow", warm_parent("tensorflow"))
    expect_more(True)  # as in a pool: the next hand-in's kernel is there while this one's is still at work
    needs_full_isolation()
    with (
        tempfile.TemporaryDirectory(prefix="arena-", dir="/var/tmp") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Every user of this machine may read the course and write to the victim: what stops them is the grader.
        root, victim = Path(folder) / "course", Path(folder) / "victim"
        os.chmod(folder, 0o755)
        shutil.copytree(FIXTURE, root)
        victim.mkdir()
        victim.chmod(0o777)
        (victim / "grades.csv").write_text(f"mallory,0,{CANARY}-grades\n")
        (victim / "grades.csv").chmod(0o666)
        patch.setenv("COURSE_TOKEN", f"{CANARY}-environment")
        patch.delenv("AUTOGRADER_DATA", raising=False)
        _plant(root)
        # Another process of the grader's user, with a secret on its command line and in its environment.
        neighbour = [sys.executable, "-c", "import time; time.sleep(1e5)", f"{CANARY}-command-line"]
        with subprocess.Popen(neighbour) as sleeping:
            yield Arena(course=Course.load(root), victim=victim)
            sleeping.kill()
    expect_more(False)
    drop_ready_kernel()


@pytest.fixture(autouse=True)
def no_reference_stays() -> Iterator[None]:
    """A reference waits for the next grading, and is ended where one is disturbed: an attack would seem to end it."""
    yield
    forget_reference()


def _plant(root: Path) -> None:
    settings = root / "course.yaml"
    text = re.sub(r"limits: \{.*\}", f"limits: {LIMITS}", settings.read_text(encoding="utf-8"))
    settings.write_text(text, encoding="utf-8")
    source = root / "source" / "mini" / "mini.ipynb"
    solution = source.read_text(encoding="utf-8")
    assert "    centred = x" in solution
    source.write_text(
        solution.replace("    centred = x", f'    # {CANARY}-solution\\n",\n    "    centred = x', 1),
        encoding="utf-8",
    )
    tests = root / "tests" / "hidden" / "mini"
    (tests / "test_mini.py").write_text(HIDDEN_TESTS, encoding="utf-8")
    np.savez(tests / "labels.npz", labels=np.array([f"{CANARY}-labels"]))
    (tests / "labels.txt").write_text(f"{CANARY}-label-file")
    sibling = root / "submitted" / "alice" / "mini"
    sibling.mkdir(parents=True)
    (sibling / "mini.ipynb").write_text(
        source.read_text(encoding="utf-8").replace("solution", f"{CANARY}-sibling")
    )
    with sqlite3.connect(root / "gradebook.db") as database:
        database.execute("create table grade (student text, score real)")
        database.execute("insert into grade values (?, 1)", (f"{CANARY}-gradebook",))
    database.close()
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text(f"[remote] url = https://{CANARY}-token@example.org")
    assert CANARY.encode() in SECRET.value


@pytest.fixture(scope="module", autouse=True)
def _the_next_submission_is_graded_as_ever(arena: Arena) -> Iterator[None]:
    yield
    arena.next_is_graded_as_ever()
