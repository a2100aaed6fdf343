"""The commands' face: what they import, how they show progress, how they end."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from autograder.cli import autograde, console, progress
from autograder.cli.app import app
from autograder.course import Course

HEAVY = {"tensorflow", "keras", "torch", "nbgrader", "sqlalchemy", "nbformat", "pytest", "pydantic", "numpy"}


def imported_by(module: str) -> set[str]:
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(json.loads(listed))


def test_help_needs_nothing_that_takes_long_to_import() -> None:
    assert not imported_by("autograder.cli") & HEAVY


def test_planning_and_graders_import_no_framework() -> None:
    frameworks = {"tensorflow", "keras", "torch"}
    assert not imported_by("autograder.running.preload") & frameworks
    planning = imported_by("autograder.running.planning, autograder.running.pools")
    assert not planning & {
        *frameworks,
        "sqlalchemy",
        "nbgrader",
        "nbformat",
        "pytest",
        "nbclient",
        "distributed",
    }


def test_progress_says_who_is_being_graded_and_how_many_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=200)
    monkeypatch.setattr(progress, "err", screen)
    shown = progress.RunProgress("ass1", 3, hidden=False)
    for student in ("ada", "ben"):
        shown.started(student)
    shown.finished("ada", failed=True)
    screen.print(shown._display.get_renderable())
    line = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "ass1" in line
    assert "1/3" in line
    assert "1 failed" in line
    assert "grading ben" in line


def test_a_students_words_are_text_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "a\x1b]0;title\x07b\x1b[2Jc\x9b31md\u202ee[red]f[/blue]:smile:"
    screen = Console(file=io.StringIO(), force_terminal=True, color_system=None, markup=False, emoji=False)
    monkeypatch.setattr(console, "err", screen)
    console.complain(hostile)
    autograde._name_failures([autograde._Result("ada", "failed", hostile)])
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert shown.splitlines() == [
        f"{start}abc31mde[red]f[/blue]:smile:" for start in ("", "ada: not graded. ")
    ]
    console.print_json({"reason": hostile})
    console.print_json_with({"a": hostile}, "results", iter([{"reason": hostile}]))
    printed = capsys.readouterr().out
    assert all(line.isprintable() for line in printed.splitlines())
    assert json.loads(printed.partition("\n{")[0])["reason"] == hostile


def test_a_path_with_brackets_is_printed_as_it_is(
    mini_course: Course, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "[x]" / "[" / "y]"  # as markup: an unknown style, and the end of one that never began
    folder.mkdir(parents=True)
    ran = CliRunner().invoke(app, ["collect", "mini", str(folder), "--course", str(mini_course.root)])
    assert ran.exit_code == 0
    assert f"from {folder}" in ran.output + capfd.readouterr().out


def test_a_list_of_any_length_is_printed_as_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    for entries in ([], [{"a": 1}], [{"a": "ä"}, {"b": [2]}]):
        console.print_json_with({"assignment": "mini"}, "results", iter(entries))
        assert json.loads(capsys.readouterr().out) == {"assignment": "mini", "results": entries}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["verify", "mini", "--only", "no such variant"], "nothing was verified"),
        (["autograde", "mini", "--student", "nobody"], "there is no folder submitted/nobody/mini"),
    ],
)
def test_a_name_that_fits_nothing_is_a_mistake(mini_course: Course, arguments: list[str], says: str) -> None:
    ran = CliRunner().invoke(app, [*arguments, "--course", str(mini_course.root)], env={"COLUMNS": "300"})
    assert ran.exit_code == 2
    assert says in " ".join(ran.output.replace("│", " ").split())


def test_with_nothing_to_grade_it_says_what_to_do(
    mini_course: Course, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = CliRunner().invoke(app, ["autograde", "mini", "--course", str(mini_course.root)])
    assert ran.exit_code == 0
    assert "`autograder collect mini" in ran.output + capfd.readouterr().out
