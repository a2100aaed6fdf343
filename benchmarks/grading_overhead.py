"""What grading costs beyond the student's own computation: wall time of a grading minus the CPU time of the student's
processes, on a warm grader.

    python benchmarks/grading_overhead.py [ASSIGNMENT] [--runs 10] [--json FILE]

One thread a student, so that CPU time and the wall time of the computation are comparable. The first grading, which
starts the warm parent and runs the reference, is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import Course
from autograder.grading.engine import grade
from autograder.grading.opening import GradingSettings
from autograder.intake import submission_from_file

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("wall_s", "cpu_s", "start_s", "notebook_s", "tests_s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment", nargs="?", default="ass1")
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    course = Course.load(arguments.course)
    hand_in = submission_from_file(course.source(arguments.assignment), arguments.assignment)
    settings = GradingSettings(isolation=course.isolation)
    timings = [grade(hand_in, course, settings).timing for _ in range(arguments.runs + 1)][1:]
    overheads = [timing.wall_s - timing.cpu_s for timing in timings]
    print(f"{arguments.assignment}, {arguments.runs} gradings on {machine()}")
    for name in PARTS:
        report(name, [getattr(timing, name) for timing in timings])
    report("overhead", overheads)
    if arguments.json:
        document = {
            "benchmark": "grading_overhead",
            "assignment": arguments.assignment,
            "machine": machine(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "overhead_s": overheads,
            "timings": [timing.model_dump() for timing in timings],
        }
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def report(name: str, values: list[float]) -> None:
    print(f"{name:>12}: median {statistics.median(values):6.2f} s, {min(values):.2f} to {max(values):.2f} s")


def machine() -> str:
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}, load {load}"
    )


if __name__ == "__main__":
    main()
