"""Where the attacks take place: a course full of canaries, the real grader, and a naive one beside it.

An attack is judged from outside. `Arena.attack` grades a notebook with wrong solutions and the attack in it,
and looks at everything that must hold whatever the attack was: no points that the wrong solutions do not
earn, no canary in anything that a student gets or that the student's process found, nothing of the course or
of a victim changed, no process, file or socket left.

`naive` is the classical grader: it runs the tests in the student's process, trusts what this process prints,
writes and exits with. An attack that wins there and loses here is a real one that the boundary stops. It runs
in a sandbox as well, so that it may be attacked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbformat.v4 import new_code_cell
from sandboxing import limits, run

from autograder import notebooks
from autograder.course import Course
from autograder.grading.engine import grade
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.grading.warmth import drop_ready_kernel, warm_parent
from autograder.intake import Submission
from autograder.sandbox import SandboxSpec
from autograder.sanitise import clean_notebook
from autograder.secret import TermSecret

CANARY = "CANARY"
HIDDEN_NUMBER = 27182.8125  # in every hidden input; NumPy prints it in full
SECRET = TermSecret(f"{CANARY}-term-secret-0123456789".encode())

WRONG = {
    "standardise": "def standardise(x):\n    return x",
    "moving_average": "def moving_average(x, width):\n    return x",
}
RIGHT = {  # unlike the instructor's, without a canary
    "standardise": """def standardise(x):
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)""",
    "moving_average": """def moving_average(x, width):
    return np.array([x[i : i + width].mean() for i in range(len(x) - width + 1)])""",
}
FULL, HONEST = 5.0, 0.0  # points of the solution, and of the wrong solutions

# What attacks are made of. The needle is turned round only while it is looked for, so that no hunt finds itself.
LOOTING = """
LOOT = []
NEEDLE = "-YRANAC"
def loot(value):
    text = value if isinstance(value, str) else repr(value)
    at = text.find(NEEDLE[::-1])
    if at >= 0:
        LOOT.append(text[max(0, at - 40) : at + 80])
"""
SESSION_PARTS = """
import gc, os, socket, struct, threading
import autograder.remote.server as server
wire = next(o for o in gc.get_objects() if type(o) is server._Server).sock
from IPython import get_ipython
kernel = get_ipython().kernel
def forge(kind, content, channel="iopub", **more):
    sock = kernel.iopub_thread if channel == "iopub" else getattr(kernel, channel + "_stream", None)
    return kernel.session.send(kernel.iopub_socket, kind, content, parent=more.get("parent") or kernel.get_parent(),
                               ident=kind.encode())
"""


@dataclass(frozen=True)
class Result:
    """A grading as the attacker's opponents see it."""

    grade: Grade
    loot: tuple[str, ...]  # what the student's process says it found; the instructor's log holds it

    @property
    def shown(self) -> str:
        """Everything of the grade that a student gets, the cleaned notebook included."""
        cleaned = clean_notebook(nbformat.reads(self.grade.notebook, 4)) if self.grade.notebook else {}
        return self.grade.model_copy(update={"log": ""}).model_dump_json() + json.dumps(cleaned)

    @property
    def printed(self) -> str:
        """What the notebook's cells printed."""
        cells = nbformat.reads(self.grade.notebook, 4).cells
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        return "".join(output.text for output in outputs if output.output_type == "stream")

    @property
    def messages(self) -> list[str]:
        return [item.message for item in self.grade.items]


@dataclass(frozen=True)
class Arena:
    """A course with canaries in every place that a student must not read, and a victim that must not change."""

    course: Course
    victim: Path  # a folder that every user of this machine may read and write

    def grade(
        self,
        *cells: str,
        solutions: dict[str, str] | None = None,
        last: Sequence[str] = (),
        off: Sequence[str] = (),
        course: Course | None = None,
    ) -> Result:
        """Grade a notebook: `cells` first, then the solution with `solutions` instead, then `last`."""
        course = course or self.course
        base = notebooks.replace_solutions(
            notebooks.read(course.source("mini")), {**RIGHT, **(solutions or {})}
        )
        for text in reversed(cells):
            base.cells.insert(0, new_code_cell(textwrap.dedent(text).strip()))
        base.cells += [new_code_cell(textwrap.dedent(text).strip()) for text in last]
        return self.grade_text(nbformat.writes(base), off=off, course=course)

    def grade_text(self, text: str, *, off: Sequence[str] = (), course: Course | None = None) -> Result:
        """Grade what was handed in as it is."""
        submission = Submission(assignment="mini", student="mallory", notebook=text)
        settings = GradingSettings(secret=SECRET, layers_off=frozenset(off))
        result = grade(submission, course or self.course, settings)
        found = [line.removeprefix("LOOT ") for line in result.log.splitlines() if line.startswith("LOOT ")]
        return Result(result, tuple(found))

    def attack(
        self,
        *cells: str,
        solutions: dict[str, str] | None = None,
        last: Sequence[str] = (),
        honest: float = HONEST,
        course: Course | None = None,
    ) -> Result:
        """Grade an attack with all walls up, and demand what must hold whatever it was."""
        before = self.state()
        result = self.grade(*cells, solutions={**WRONG, **(solutions or {})}, last=last, course=course)
        self.unharmed(result, before, honest)
        return result

    def unharmed(self, result: Result, before: dict[str, str], honest: float = HONEST) -> None:
        assert result.grade.score <= honest, result.messages
        assert CANARY not in result.shown
        assert str(HIDDEN_NUMBER) not in result.shown
        assert not [found for found in result.loot if CANARY in found]
        after = self.state()
        assert after == before, set(after.items()) ^ set(before.items())

    def next_is_graded_as_ever(self) -> None:
        """An honest submission after an attack has full marks and says nothing of it."""
        result = self.grade()
        assert (result.grade.score, result.grade.status) == (FULL, "graded"), result.messages
        assert CANARY not in result.shown

    def state(self) -> dict[str, str]:
        """Digests of all files that an attack must not touch, and what sessions may have left behind."""
        digests = {
            str(path): _digest(path) for folder in (self.course.root, self.victim) for path in _files(folder)
        }
        return {**digests, "left": repr(_left_behind())}


def naive(*cells: str, solutions: dict[str, str] | None = None, off: Sequence[str] = ()) -> dict[str, str]:
    """What a classical grader finds: its tests run in the student's process.

    "file": points in the file that the tests write; "print": points in the line that they print; "exit":
    full points if the process of the tests ends with status 0; "text": all that students would see.
    """
    student = [*cells, *{**WRONG, **(solutions or {})}.values()]
    spec = SandboxSpec(limits=limits(), layers_off=frozenset(off))
    code = "\n".join(textwrap.dedent(cell).strip() for cell in student)
    script = f"import numpy as np\n{code}\n{NAIVE_TESTS}"
    run_it = (
        "import os, subprocess, sys\n"
        f"open('naive_tests.py', 'w').write({script!r})\n"
        "flags = ['-O'] if os.environ.get('PYTHONOPTIMIZE') else []\n"
        "done = subprocess.run([sys.executable, *flags, 'naive_tests.py'], capture_output=True, text=True)\n"
        "import json\n"
        "file = open('results.json').read() if os.path.exists('results.json') else ''\n"
        "print(json.dumps([done.returncode, done.stdout, done.stderr, file]))"
    )
    ran = run(run_it, spec=spec)
    status, out, err, file = json.loads(ran.text.splitlines()[-1])
    printed = [line for line in out.splitlines() if line.startswith("SCORE")]
    return {
        "file": file,
        "print": printed[-1] if printed else "",
        "first print": printed[0] if printed else "",
        "exit": "SCORE 2" if status == 0 else "SCORE 0",
        "text": out + err,
    }


NAIVE_TESTS = f'''
import json as _json

def _expected(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)

def test_standardise():
    secret = "{CANARY}-naive"
    x = np.array([[1.0, {HIDDEN_NUMBER}], [2.0, 5.0], [4.0, 7.0]])
    assert np.allclose(standardise(x), _expected(x)), "expected " + repr(_expected(x))

def test_moving_average():
    secret = "{CANARY}-naive"
    assert (moving_average(np.arange(5.0), 2) == np.array([0.5, 1.5, 2.5, 3.5])).all()

def _run(tests):
    points = 0
    for test in tests:
        try:
            test()
            points += 1
        except Exception as error:
            print("FAILED", test.__name__, repr(error))
    return points

_points = _run([test_standardise, test_moving_average])
print("SCORE", _points)
_json.dump({{"score": _points}}, open("results.json", "w"))
raise SystemExit(0 if _points == 2 else 1)
'''


def processes_below() -> set[tuple[int, float]]:
    """Processes that this one, its warm parent or one of its sessions has started and that still live.

    Whatever a session starts stays below its first process, so none can hide from this.
    """
    drop_ready_kernel()
    found = set()
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:  # ended; the warm parent takes note in a moment
                found.add((process.pid, process.create_time()))
    return found


def _left_behind() -> list[str]:
    """What sessions have left in the warm parent's folder, and the processes there are."""
    drop_ready_kernel()
    folder = warm_parent("tensorflow")._folder
    left = sorted(path.name for path in folder.iterdir()) if folder is not None else []
    return left + [f"process {pid}" for pid, _ in sorted(processes_below())]


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
