"""Makes the classes that benchmarks grade: a course of this engine, one of stock nbgrader, hand-ins for otter-grader.

All three get the same student code and equivalent checks. Each student's solution cells have a line of their own, so
that no two hand-ins are equal. Everything goes into folders that the caller names.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import small_work
import yaml
from measuring import ROOT, timed
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import notebooks

HERE = Path(__file__).resolve().parent
_CELL = re.compile(r"^# %% (\S+) (locked|solution|grade)(?: (\d+))?$", re.MULTILINE)
_ANYBODY = "somebody-of-the-class"
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Exercise:
    """What is graded. `in_process`: grade cell -> what a test cell of another tool runs there; it may import from
    `modules`. `hidden_tests` are this engine's."""

    name: str
    source: NotebookNode
    hidden_tests: tuple[Path, ...]
    in_process: Mapping[str, str]
    modules: tuple[Path, ...] = ()
    hand_out: tuple[str, ...] = ()


def small() -> Exercise:
    """A network of a few units: 0.7 s of computation with all checks, on this machine."""
    folder = HERE / "small"
    source = _notebook_of((folder / "notebook.py").read_text(encoding="utf-8"))
    steps = small_work.settle(source, wanted_s=0.7)
    print(f"small: {steps} steps of training, for 0.7 s of a student's own computation", file=sys.stderr)
    checks = ("init", "forward", "loss", "training")
    return Exercise(
        name="small",
        source=source,
        hidden_tests=(folder / "test_small.py", folder / "small_checks.py"),
        in_process={
            f"small-{check}": f"import small_checks\nsmall_checks.check_{check}(small_checks.InProcess(globals()))"
            for check in checks
        },
        modules=(folder,),
    )


def mini() -> Exercise:
    """Two functions of NumPy: hardly any computation, no TensorFlow."""
    course = ROOT / "tests" / "engine" / "course_fixture"
    return Exercise(
        name="mini",
        source=_without_experiments(notebooks.read(course / "source" / "mini" / "mini.ipynb")),
        hidden_tests=(course / "tests" / "hidden" / "mini" / "test_mini.py",),
        in_process={},
    )


def ass1() -> Exercise:
    """The course's first assignment; its experiments are left out, for other tools would run them."""
    folder = ROOT / "tests" / "hidden" / "ass1"
    items = ("init", "forward", "loss", "gradients", "training", "unseen_task", "accuracy", "throughput")
    return Exercise(
        name="ass1",
        source=_without_experiments(notebooks.read(ROOT / "source" / "ass1" / "ass1.ipynb")),
        hidden_tests=tuple(sorted(path for path in folder.iterdir() if path.suffix in (".py", ".json"))),
        in_process={
            f"mlp-{item.replace('_', '-')}": f"import ass1_in_process\nass1_in_process.check_{item}(globals())"
            for item in items
        },
        modules=(HERE / "ass1", folder),
        hand_out=("mnist",),
    )


EXERCISES: dict[str, Callable[[], Exercise]] = {"small": small, "mini": mini, "ass1": ass1}


def names(count: int, portions: int = 1) -> list[str]:
    """Student ids. Those of portion 0, 1, … start with a, b, …, so that a command can be told to take one portion."""
    return [f"{chr(ord('a') + number * portions // count)}{number + 1:05d}" for number in range(count)]


def our_course(folder: Path, exercise: Exercise, students: Iterable[str]) -> Path:
    """A course of this engine with the hand-ins in submitted/."""
    name = exercise.name
    tests = folder / "tests" / "hidden" / name
    tests.mkdir(parents=True)
    for file in exercise.hidden_tests:
        shutil.copy2(file, tests)
    settings = {
        "id": "benchmark", "title": "Benchmark", "term": "benchmark",
        "assignments": {name: {"title": name, "data": {"hand_out": list(exercise.hand_out)}}},
    }  # fmt: skip
    (folder / "course.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    _write(exercise.source, folder / "source" / name / f"{name}.ipynb")
    timed([sys.executable, "-m", "autograder", "generate", name], cwd=folder)
    release = notebooks.read(folder / "release" / name / f"{name}.ipynb")
    _hand_in(folder, exercise, students, release)
    return folder


def nbgrader_course(folder: Path, exercise: Exercise, students: Iterable[str]) -> Path:
    """A course of stock nbgrader: its checks stand in the grade cells, as hidden tests."""
    name = exercise.name
    folder.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'benchmark'\nc.ExecutePreprocessor.timeout = 900\n",
        encoding="utf-8",
    )
    source = nbformat.from_dict(exercise.source)
    on_path = f"import sys; sys.path[:0] = {[str(path) for path in exercise.modules]!r}"
    for cell in source.cells:
        check = exercise.in_process.get(notebooks.grade_id(cell) or "")
        if check:
            cell.source += f"\n### BEGIN HIDDEN TESTS\n{on_path}\n{check}\n### END HIDDEN TESTS"
    _write(source, folder / "source" / name / f"{name}.ipynb")
    timed(nbgrader("generate_assignment", name), cwd=folder, env=environment_of_others())
    release = notebooks.read(folder / "release" / name / f"{name}.ipynb")
    _hand_in(folder, exercise, students, release)
    return folder


def nbgrader(*arguments: str) -> list[str]:
    """nbgrader's own command, from this environment."""
    return [str(Path(sys.executable).parent / "nbgrader"), *arguments]


def environment_of_others() -> dict[str, str]:
    """nbgrader calls `alembic` for a new gradebook, which stands beside this interpreter, and gives no points to a cell
    that writes to stderr, as TensorFlow does at its first operation.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}


def otter_folder(folder: Path, exercise: Exercise, students: Iterable[str]) -> Path:
    """`autograder.zip` with otter's tests, and a notebook for each student in submitted/<student>/."""
    folder.mkdir(parents=True)
    release = notebooks.read(ROOT / "release" / "ass1" / "ass1.ipynb") if exercise.name == "ass1" else None
    on_path = f"import sys\nsys.path[:0] = {[str(path) for path in exercise.modules]!r}\n"
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
        for item, check in exercise.in_process.items():
            body = "\n".join(f"    {line}" for line in check.replace("globals()", "env").splitlines())
            archive.writestr(
                f"tests/{item}.py",
                f"from otter.test_files import test_case\n{on_path}OK_FORMAT = False\nname = {item!r}\npoints = 1\n\n"
                f"@test_case(points=1)\ndef test_it(env):\n{body}\n",
            )
    _hand_in(folder, exercise, students, release)
    return folder


def _hand_in(folder: Path, exercise: Exercise, students: Iterable[str], release: NotebookNode | None) -> None:
    """Write a notebook for each student; with `release`, its protected cells are those that students were given."""
    name = exercise.name
    own = {
        cell.grade_id: f"{cell.text}\n\nWRITTEN_BY = {_ANYBODY!r}"
        for cell in notebooks.solution_cells(exercise.source)
        if cell.cell_type == "code"
    }
    notebook = notebooks.replace_solutions(exercise.source, own)
    if release is not None:
        notebook, _ = notebooks.restore(notebook, release)
    text = notebooks.as_text(notebook)
    for student in students:
        path = folder / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text.replace(_ANYBODY, student), encoding="utf-8")


def _write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(notebooks.as_text(notebook), encoding="utf-8")


def _notebook_of(text: str) -> NotebookNode:
    notebook: NotebookNode = new_notebook(metadata={"kernelspec": _KERNEL})
    notebook.cells.append(new_markdown_cell("# A small network"))
    parts = _CELL.split(text)[1:]
    for name, kind, points, code in zip(parts[0::4], parts[1::4], parts[2::4], parts[3::4], strict=True):
        source = code.strip("\n")
        if kind == "solution":
            source = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
        role = {
            "grade": kind == "grade", "grade_id": name, "locked": kind != "solution",
            "schema_version": 3, "solution": kind == "solution", "task": False,
        }  # fmt: skip
        if kind == "grade":
            role["points"] = int(points)
        notebook.cells.append(new_code_cell(source, metadata={"nbgrader": role}))
    return notebook


def _without_experiments(notebook: NotebookNode) -> NotebookNode:
    notebook.cells = [cell for cell in notebook.cells if not notebooks.is_experiment(cell)]
    return notebook
