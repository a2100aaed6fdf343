"""What grading costs beyond the student's own computation: wall time of a grading minus the CPU time of the student's
processes, on a warm grader.

    python benchmarks/grading_overhead.py [ASSIGNMENT] [--runs 10] [--alone] [--json FILE]

The grader is one of a pool: it starts the next submission's kernel while a grading is being finished. `--alone`: it
does not. `round_s` is from the start of one grading to the start of the next, `overhead_s` that less the student's CPU.

One thread a student, so that CPU time and the wall time of the computation are comparable. The first grading, which
starts the warm parent and runs the reference, is not counted.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from measuring import ROOT, arguments, publish, table

from autograder.course import Course
from autograder.grading.engine import grade
from autograder.grading.settings import GradingSettings
from autograder.grading.warmth import expect_more
from autograder.intake import submission_from_file

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
    timings, rounds = [], []
    for _ in range(options.runs + 1):
        started = time.monotonic()
        timings.append(grade(hand_in, course, settings).timing)
        rounds.append(time.monotonic() - started)
    timings, rounds = timings[1:], rounds[1:]
    overheads = [spent - timing.cpu_s for spent, timing in zip(rounds, timings, strict=True)]
    columns = {name: [getattr(timing, name) for timing in timings] for name in PARTS}
    columns |= {"round_s": rounds, "overhead_s": overheads}
    rows = [[name, statistics.median(values), min(values), max(values)] for name, values in columns.items()]
    print(table(f"{options.assignment}, {options.runs} gradings", ("", "median", "least", "most"), rows))
    measured = {
        "assignment": options.assignment,
        "overhead_s": overheads,
        "timings": [timing.model_dump() for timing in timings],
    }
    publish("grading_overhead", measured, options.json)


if __name__ == "__main__":
    main()
