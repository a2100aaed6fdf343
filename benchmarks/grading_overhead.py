"""What grading costs beyond the student's own computation: wall time of a grading minus the CPU time of the student's
processes, on a warm grader.

    python benchmarks/grading_overhead.py [ASSIGNMENT] [--runs 10] [--json FILE]

One thread a student, so that CPU time and the wall time of the computation are comparable. The first grading, which
starts the warm parent and runs the reference, is not counted.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from measuring import ROOT, arguments, publish, table

from autograder.course import Course
from autograder.grading.engine import grade
from autograder.grading.settings import GradingSettings
from autograder.intake import submission_from_file

PARTS = ("wall_s", "cpu_s", "start_s", "notebook_s", "tests_s")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("assignment", nargs="?", default="ass1")
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    course = Course.load(options.course)
    hand_in = submission_from_file(course.source(options.assignment), options.assignment)
    settings = GradingSettings(isolation=course.isolation)
    timings = [grade(hand_in, course, settings).timing for _ in range(options.runs + 1)][1:]
    overheads = [timing.wall_s - timing.cpu_s for timing in timings]
    columns = {name: [getattr(timing, name) for timing in timings] for name in PARTS} | {
        "overhead_s": overheads
    }
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
