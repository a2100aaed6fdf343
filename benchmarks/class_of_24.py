"""A class graded by this engine, by stock nbgrader and by otter-grader: the same student code, equivalent checks.

    python benchmarks/class_of_24.py [small|ass1] --otter PATH/TO/otter [--students 24] [--rounds 3] [--json FILE]

The three take turns on one machine. In each round this engine grades the whole class with a cold start, in a course
that has never been graded; `nbgrader autograde` and `otter run` grade the next portion of it, so that each has had the
class once at the end. nbgrader works through its portion in one command, as for a class; otter takes one hand-in a
command.
Every tool has to give everybody full points, or the exit status is 1.

otter-grader wants other versions of some libraries than nbgrader, so it gets an environment of its own:

    python -m venv otter && otter/bin/pip install otter-grader ipykernel matplotlib tensorflow==2.21.0

(pip compiles what it installs; another installer may not, and every start would pay for it: `python -m compileall`.)

`ass1` needs the folder of data sets in AUTOGRADER_DATA.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import classes
import small_work
from efficiency import autograde, computed
from measuring import Run, arguments, cores, publish, table, timed

UNCOUNTED = ("hand-in",)  # needs saved outputs, which these hand-ins do not have


@dataclass
class Tool:
    """One of the three. `portion(number)` grades what is its turn and returns the runs that it took."""

    name: str
    portion: Callable[[int], list[Run]]
    submissions_a_round: int
    rounds: list[list[Run]] = field(default_factory=list)

    def seconds_each(self) -> list[float]:
        """Wall seconds a submission, by round."""
        return [sum(run.wall_s for run in runs) / self.submissions_a_round for runs in self.rounds]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("exercise", nargs="?", choices=("small", "ass1"), default="small")
    parser.add_argument(
        "--otter", type=Path, help="the command `otter` of the environment that it is installed in"
    )
    parser.add_argument("--students", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.otter is None or not options.otter.exists():
        print(
            f"otter-grader is left out: there is no {options.otter or 'path to it (--otter)'}.",
            file=sys.stderr,
        )
        options.otter = None
    if options.students % options.rounds:
        parser.error("the rounds must divide the class")
    with tempfile.TemporaryDirectory(prefix="autograder-benchmark-") as folder:
        measured = compare(Path(folder), options)
    publish("class_of_24", measured, options.json)
    return 0 if not measured["wrong"] else 1


def compare(folder: Path, options: Any) -> dict[str, Any]:
    exercise = classes.EXERCISES[options.exercise]()
    students = classes.names(options.students, options.rounds)
    ours = Ours(folder / "ours", exercise, students)
    tools = [Tool("autograder", ours.portion, len(students))]
    others: list[Nbgrader | Otter] = [Nbgrader(folder / "nbgrader", exercise, students)]
    if options.otter is not None:
        others.append(Otter(folder / "otter", exercise, students, options.otter))
    tools += [Tool(other.name, other.portion, len(students) // options.rounds) for other in others]
    for number in range(options.rounds):
        for tool in tools[number % len(tools) :] + tools[: number % len(tools)]:
            tool.rounds.append(tool.portion(number))
            print(
                f"round {number + 1}: {tool.name} {tool.seconds_each()[-1]:.2f} s a submission",
                file=sys.stderr,
            )
    idle = small_work.idle_session_s()
    print(_table(tools, options))
    efficiency = [
        computed(results, idle) / (cores() * sum(run.wall_s for run in runs))
        for results, runs in zip(ours.results, tools[0].rounds, strict=True)
    ]
    useful = computed(ours.results[-1], idle) / len(students)
    print(f"a student's own computation: {useful:.2f} s; efficiency, cold start included: "
          + ", ".join(f"{share:.2f}" for share in efficiency))  # fmt: skip
    wrong = [*ours.wrong(), *(sentence for other in others for sentence in other.wrong())]
    for sentence in wrong:
        print(f"not what was expected: {sentence}")
    return {
        "exercise": exercise.name,
        "steps_of_the_small_notebook": os.environ.get(small_work.VARIABLE),
        "students": len(students),
        "tools": {tool.name: _document(tool) for tool in tools},
        "own_computation_s": useful,
        "idle_session_s": idle,
        "efficiency": efficiency,
        "wrong": wrong,
    }


def _table(tools: list[Tool], options: Any) -> str:
    own = statistics.median(tools[0].seconds_each())
    rows = []
    for tool in tools:
        each = tool.seconds_each()
        usual = statistics.median(each)
        rows.append([tool.name, usual, min(each), max(each), 3600 / usual, f"{usual / own:.1f}"])
    return table(
        f"{options.exercise}: a class of {options.students}, {options.rounds} rounds, {cores()} cores",
        ("", "s each", "least", "most", "an hour", "times ours"),
        rows,
    )


def _document(tool: Tool) -> dict[str, Any]:
    return {
        "submissions_a_round": tool.submissions_a_round,
        "seconds_each": tool.seconds_each(),
        "wall_s": [sum(run.wall_s for run in runs) for runs in tool.rounds],
        "cpu_s": [sum(run.cpu_s for run in runs) for runs in tool.rounds],
        "load": [(runs[0].load[0], runs[-1].load[1]) for runs in tool.rounds],
    }


class Ours:
    name = "autograder"

    def __init__(self, folder: Path, exercise: classes.Exercise, students: list[str]) -> None:
        self._template = classes.our_course(folder, exercise, students)
        self._exercise = exercise.name
        self.results: list[list[dict[str, Any]]] = []

    def portion(self, number: int) -> list[Run]:
        course = self._template.with_name(f"ours-{number}")
        shutil.copytree(self._template, course)
        run = autograde(course, self._exercise)
        self.results.append(json.loads(run.output)["results"])
        return [run]

    def wrong(self) -> list[str]:
        return [
            f"autograder: {result['student']} has {item['score']} of {item['max_score']} for {item['id']}"
            for results in self.results
            for result in results
            for item in result["items"]
            if item["status"] != "manual"
            and item["id"] not in UNCOUNTED
            and item["score"] != item["max_score"]
        ]


class Nbgrader:
    name = "nbgrader autograde"

    def __init__(self, folder: Path, exercise: classes.Exercise, students: list[str]) -> None:
        self._course = classes.nbgrader_course(folder, exercise, students)
        self._exercise = exercise
        self._students = students

    def portion(self, number: int) -> list[Run]:
        command = classes.nbgrader(
            "autograde", self._exercise.name, "--student", f"{chr(ord('a') + number)}*"
        )
        return [timed(command, cwd=self._course, env=classes.environment_of_others())]

    def wrong(self) -> list[str]:
        query = """
            SELECT student_id, base_cell.name, auto_score, max_score FROM grade
            JOIN grade_cells ON grade_cells.id = grade.cell_id JOIN base_cell ON base_cell.id = grade.cell_id
            JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
            JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id"""
        with sqlite3.connect(self._course / "gradebook.db") as database:
            rows = [row for row in database.execute(query) if row[1] in self._exercise.in_process]
        missing = len(self._students) * len(self._exercise.in_process) - len(rows)
        found = [
            f"nbgrader: {student} has {got} of {most} for {cell}"
            for student, cell, got, most in rows
            if got != most
        ]
        return found + ([f"nbgrader: {missing} scores are missing"] if missing else [])


class Otter:
    name = "otter run"

    def __init__(self, folder: Path, exercise: classes.Exercise, students: list[str], command: Path) -> None:
        self._folder = classes.otter_folder(folder, exercise, students)
        self._exercise = exercise
        self._students = students
        self._command = command.absolute()

    def portion(self, number: int) -> list[Run]:
        name = self._exercise.name
        runs = []
        for student in (each for each in self._students if each[0] == chr(ord("a") + number)):
            results = self._folder / "results" / student
            results.mkdir(parents=True)
            notebook = self._folder / "submitted" / student / name / f"{name}.ipynb"
            options = ["--autograder", "autograder.zip", "--output-dir", str(results), "--no-logo"]
            command = [str(self._command), "run", str(notebook), *options]
            runs.append(timed(command, cwd=self._folder, env=classes.environment_of_others()))
        return runs

    def wrong(self) -> list[str]:
        found = []
        for student in self._students:
            tests = json.loads((self._folder / "results" / student / "results.json").read_text())["tests"]
            scores = [test for test in tests if test.get("max_score") is not None]
            if len(scores) < len(self._exercise.in_process):
                found.append(f"otter: {student} has {len(scores)} scores")
            found += [
                f"otter: {student} has {test['score']} of {test['max_score']} for {test['name']}"
                for test in scores
                if test["score"] != test["max_score"]
            ]
        return found


if __name__ == "__main__":
    sys.exit(main())
