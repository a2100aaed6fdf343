"""One submission: seconds until the student's page is there, with a cold start and on a warm grader.

    python benchmarks/one_submission.py [small|mini|ass1] [--runs 5] [--json FILE]

Cold: the command `autograder autograde`, from its start to its end, in a course that has never been graded. Warm:
planning, grading, gradebook and pages in a process whose pool has graded another hand-in before.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import classes
from efficiency import SECRET, autograde
from measuring import arguments, publish, table

from autograder.class_run import carry_out, plan
from autograder.course import Course
from autograder.grading.settings import GradingSettings
from autograder.intake import handed_in
from autograder.running.local import LocalPool


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("exercise", nargs="?", choices=tuple(classes.EXERCISES), default="small")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    os.environ["AUTOGRADER_SECRET"] = SECRET
    exercise = classes.EXERCISES[options.exercise]()
    with tempfile.TemporaryDirectory(prefix="autograder-benchmark-") as folder:
        course = classes.our_course(Path(folder) / "course", exercise, classes.names(options.runs + 1))
        colds = [cold(course, exercise.name, number) for number in range(options.runs)]
        warms = warm(course, exercise.name)
    rows = [
        [name, statistics.median(times), min(times), max(times)]
        for name, times in (("cold", colds), ("warm", warms))
    ]
    print(table(f"{exercise.name}: seconds to the student's page", ("", "median", "least", "most"), rows))
    publish("one_submission", {"exercise": exercise.name, "cold_s": colds, "warm_s": warms}, options.json)


def cold(template: Path, assignment: str, number: int) -> float:
    course = template.with_name(f"cold-{number}")
    shutil.copytree(template, course)
    student = classes.names(number + 1)[number]
    run = autograde(course, assignment, "--student", student)
    _expect_page(course, assignment, student)
    return run.wall_s


def warm(folder: Path, assignment: str) -> list[float]:
    """Seconds of every grading by this process's pool but the first."""
    course = Course.load(folder)
    settings = GradingSettings(isolation=course.isolation)
    times = []
    with LocalPool(course, settings, jobs=1) as pool:
        for student in handed_in(course, assignment):
            started = time.perf_counter()
            todo = plan(course, assignment, settings, students=[student])
            for graded in carry_out(todo, course, assignment, settings, pool=pool):
                if graded.how != "graded":
                    raise RuntimeError(f"{student}: {graded.how} {graded.problem}")
            times.append(time.perf_counter() - started)
            _expect_page(folder, assignment, student)
    return times[1:]


def _expect_page(course: Path, assignment: str, student: str) -> None:
    page = course / "reports" / assignment / student / "index.html"
    if not page.exists():
        raise RuntimeError(f"{student} got no page")


if __name__ == "__main__":
    main()
