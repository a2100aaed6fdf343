"""nbgrader's commands as a person types them, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.sandbox import shared_parent


def nbgrader(*arguments: str, folder: Path, fails: bool = False) -> str:
    """Run `nbgrader arguments…` in `folder`; returns its output, of both streams."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "JUPYTER"))},
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "nbgrader", *arguments]
    ended = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert (ended.returncode != 0) == fails, f"nbgrader {' '.join(arguments)}:\n{ended.stdout}"
    return ended.stdout


def needs_sandbox() -> None:
    """Skip where this machine cannot isolate a student's code."""
    missing = [name for name, reason in shared_parent("tensorflow").layers.items() if reason]
    if missing:
        pytest.skip(f"this machine lacks layers of isolation: {', '.join(missing)}")


def grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def answered(notebook: Path, answers: dict[str, str], to: Path | None = None) -> Path:
    """Fill in answer cells of a notebook, as a student does."""
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    target = to or notebook
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(content, target)
    return target


SOLVED = {
    "standardise": (
        "def standardise(x):\n"
        "    spread = x.std(axis=0)\n"
        "    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)"
    ),
    "moving_average": (
        "def moving_average(x, width):\n"
        "    return np.array([x[i : i + width].mean() for i in range(len(x) - width + 1)])"
    ),
    "q-constant": "Its standard deviation is 0. <script>alert('student')</script>",
}
WRONG = {
    **SOLVED,
    "standardise": "def standardise(x):\n    return (x - x.mean()) / x.std()",
}
