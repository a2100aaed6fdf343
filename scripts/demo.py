"""The main job from end to end: release, eight hand-ins, isolated grading, gradebook, reports.

Works on a copy of the course in a temporary folder, with the same commands that an instructor types.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from rich.console import Console
from rich.rule import Rule

from autograder import notebooks
from autograder.grading.variants import read_variant

ASSIGNMENT = "ass1"
COPIED = ("course.yaml", "nbgrader_config.py", "source", "tests/hidden")
console = Console()


@dataclass(frozen=True)
class HandIn:
    """One student of the demonstration: the variant of the solution, or a notebook broken in a way of its own."""

    student: str
    first_name: str
    last_name: str
    story: str
    variant: str | None = None
    extra_cell: str | None = None
    raw: bytes | None = None


CLASS = (
    HandIn("ada", "Ada", "Solution", "the instructor's solution"),
    HandIn("ben", "Ben", "Unusual", "correct, written in an unusual way", variant="unusual_einsum"),
    HandIn("cleo", "Cleo", "Zero", "all weights start at zero", variant="wrong_init_zero"),
    HandIn("dan", "Dan", "Relu", "a ReLU on the logits too", variant="wrong_forward_relu_on_logits"),
    HandIn("eva", "Eva", "Frozen", "only the last layer is trained", variant="wrong_train_last_layer_only"),
    HandIn("finn", "Finn", "Raises", "a cell raises", extra_cell="raise RuntimeError('works on my machine')"),
    HandIn("gus", "Gus", "Endless", "a cell never ends", extra_cell="while True:\n    pass"),
    HandIn("hana", "Hana", "Pdf", "not a notebook at all", raw=b"%PDF-1.7 not a notebook"),
)
# What they all write below the text questions, where the instructor's notebook has the marking guide: the formgrader
# shows it beside that guide, with no points yet.
ANSWERS = {
    "q-zero-init": "All hidden units get the same gradient, so they stay copies of one another. With a ReLU that is "
    "zero at the start, nothing but the last bias is trained.",
    "q-sizes": "I tried 1, 10, 100 and 500 units. One unit is hopeless, ten are much better, and between 100 and 500 "
    "I saw no difference except in time.",
    "q-interface": "I would like `layer = Dense(100)` and `layer(x)`, with the input size found out at the first call, "
    "and a `fit` that batches by itself.",
}


def main() -> None:
    """Run the demonstration; exits with 1 if a command ends in a way that it should not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--folder", type=Path, help="where to put the copy of the course (default: a temporary folder)"
    )
    arguments = parser.parse_args()
    course = copy_course(arguments.folder or Path(tempfile.mkdtemp(prefix="autograder-demo-")) / "course")

    section("The students' version of the notebook")
    autograder(course, "generate", ASSIGNMENT)
    section("Eight hand-ins, as an archive from Moodle")
    archive = hand_in(course)
    autograder(course, "collect", ASSIGNMENT, str(archive))
    section("Each one graded in a sandbox of its own")
    autograder(course, "autograde", ASSIGNMENT, may_find=True)
    section("Where to look")
    for title, path in (
        ("class page", course / "reports" / ASSIGNMENT / "index.html"),
        ("a student's page", course / "reports" / ASSIGNMENT / "cleo" / "index.html"),
        ("nbgrader's gradebook", course / "gradebook.db"),
    ):
        console.print(f"{title:>22}: {path}", soft_wrap=True, highlight=False)


def copy_course(folder: Path) -> Path:
    """A copy of this course with a roster of eight, no deadline, and a short patience for endless cells."""
    original = Path(__file__).resolve().parent.parent
    folder.mkdir(parents=True)
    for name in COPIED:
        source = original / name
        target = folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    settings = yaml.safe_load((folder / "course.yaml").read_text(encoding="utf-8"))
    settings["roster"] = "roster.csv"
    settings["data"] = {"embedded": True}
    settings["assignments"] = {ASSIGNMENT: settings["assignments"][ASSIGNMENT]}
    del settings["assignments"][ASSIGNMENT]["due"]
    settings["assignments"][ASSIGNMENT].setdefault("limits", {})["cell_s"] = 8
    (folder / "course.yaml").write_text(
        yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    rows = [
        f"{entry.student},{entry.first_name},{entry.last_name},{entry.student}@example.org" for entry in CLASS
    ]
    (folder / "roster.csv").write_text(
        "\n".join(["id,first_name,last_name,email", *rows]) + "\n", encoding="utf-8"
    )
    return folder


def hand_in(course: Path) -> Path:
    """Write the eight hand-ins into an archive laid out as Moodle's, and return its path."""
    archive = course.parent / "moodle.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number, entry in enumerate(CLASS, start=1001):
            folder = f"{entry.first_name} {entry.last_name}_{number}_assignsubmission_file_"
            zipped.writestr(f"{folder}/{ASSIGNMENT}.ipynb", notebook_of(entry, course))
            console.print(f"  {entry.student:<6} {entry.story}", highlight=False)
    return archive


def notebook_of(entry: HandIn, course: Path) -> bytes:
    """What this student hands in."""
    if entry.raw is not None:
        return entry.raw
    release = notebooks.read(course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    notebook = notebooks.read(course / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    if entry.variant is not None:
        variant = read_variant(course / "tests" / "hidden" / ASSIGNMENT / "variants" / f"{entry.variant}.py")
        notebook = variant.apply(notebook)
    notebook, _ = notebooks.restore(notebook, release)  # tasks without their marking guides
    for item in notebooks.grade_cells(notebook):
        if item.id in ANSWERS:
            notebook.cells[item.index].source = ANSWERS[item.id]
    if entry.extra_cell is not None:
        notebook.cells.append(nbformat.v4.new_code_cell(entry.extra_cell))
    return nbformat.writes(notebook).encode("utf-8")


def autograder(course: Path, *arguments: str, may_find: bool = False) -> None:
    """Run a command as an instructor would; exit status 1 (something was found) is fine only where
    `may_find` says so."""
    console.print(f"[bold]$ autograder {' '.join(arguments)}[/]", highlight=False, soft_wrap=True)
    code = subprocess.run(
        [sys.executable, "-m", "autograder", *arguments], cwd=course, check=False
    ).returncode
    if code not in ((0, 1) if may_find else (0,)):
        sys.exit(f"autograder {arguments[0]} ended with exit status {code}.")


def section(title: str) -> None:
    console.print()
    console.print(Rule(title, align="left"))


if __name__ == "__main__":
    main()
