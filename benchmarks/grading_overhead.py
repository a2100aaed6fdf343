"""What grading costs beyond the student's own computation, on a warm grader that is one of a pool.

    python benchmarks/grading_overhead.py [ASSIGNMENT] [--runs 10] [--alone] [--json FILE]

A student's own computation is the time in which the notebook runs, and between each question and its answer, less what
a question takes on which nothing is computed; `overhead_s` is the rest, from the start of one grading to the start of
the next. `beyond_cpu_s` is what the same time has beyond the CPU time of the student's processes, which computing with
threads that wait for one another does not fill, under no grader either.

The grader starts the next submission's kernel while a grading is being finished; `--alone`: it does not. One thread a
student. The first grading, which starts the warm parent and runs the reference, is not counted.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from measuring import ROOT, arguments, publish, table
from nbformat.v4 import new_notebook

import autograder.running.preload  # noqa: F401 - as a pool's graders do, before NumPy, whose threads it sets
from autograder.course import Course, Limits
from autograder.grading.engine import grade
from autograder.grading.session import StudentSession
from autograder.grading.settings import GradingSettings
from autograder.grading.warmth import expect_more, warm_parent
from autograder.intake import submission_from_file
from autograder.remote.connection import Connection
from autograder.sandbox import SandboxSpec

QUESTIONS = 200  # on which nothing is computed
PARTS = ("wall_s", "cpu_s", "start_s", "notebook_s", "tests_s")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("assignment", nargs="?", default="ass1")
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    course = Course.load(options.course)
    hand_in = submission_from_file(course.source(options.assignment), options.assignment)
    settings = GradingSettings(isolation=course.isolation)
    expect_more(not options.alone)
    questions = Questions()
    timings, rounds, asked, numbers = [], [], [], []
    for _ in range(options.runs + 1):
        questions.waited_s, questions.number = 0.0, 0
        started = time.monotonic()
        timings.append(grade(hand_in, course, settings).timing)
        rounds.append(time.monotonic() - started)
        asked.append(questions.waited_s)
        numbers.append(questions.number)
    empty = empty_question_s()
    own = [
        timing.notebook_s + waited - number * empty
        for timing, waited, number in zip(timings, asked, numbers, strict=True)
    ]
    timings, rounds, own = timings[1:], rounds[1:], own[1:]
    overheads = [spent - computed for spent, computed in zip(rounds, own, strict=True)]
    beyond_cpu = [spent - timing.cpu_s for spent, timing in zip(rounds, timings, strict=True)]
    columns = {name: [getattr(timing, name) for timing in timings] for name in PARTS}
    columns |= {"round_s": rounds, "own_s": own, "overhead_s": overheads, "beyond_cpu_s": beyond_cpu}
    rows = [[name, statistics.median(values), min(values), max(values)] for name, values in columns.items()]
    print(table(f"{options.assignment}, {options.runs} gradings", ("", "median", "least", "most"), rows))
    measured = {
        "assignment": options.assignment,
        "overhead_s": overheads,
        "beyond_cpu_s": beyond_cpu,
        "own_s": own,
        "questions": numbers[-1],
        "empty_question_s": empty,
        "timings": [timing.model_dump() for timing in timings],
    }
    publish("grading_overhead", measured, options.json)


class Questions:
    """Counts the questions of all sessions, and the seconds until their answers are there."""

    def __init__(self) -> None:
        self.waited_s, self.number = 0.0, 0
        ask = Connection.ask

        def counted(*arguments: Any, **options: Any) -> Any:
            began = time.monotonic()
            try:
                return ask(*arguments, **options)
            finally:
                self.waited_s += time.monotonic() - began
                self.number += 1

        Connection.ask = counted  # type: ignore[method-assign]


def empty_question_s() -> float:
    """Seconds of a question on which the student's process computes nothing: the median of some."""
    with StudentSession(
        new_notebook(), SandboxSpec(isolation="weak"), Limits(), warm_parent("tensorflow")
    ) as session:
        times = []
        for _ in range(QUESTIONS):
            began = time.monotonic()
            session.student.has("nothing")
            times.append(time.monotonic() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()
