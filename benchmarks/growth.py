"""What a submission costs as the class grows: small hand-ins without training.

    python benchmarks/growth.py [--sizes 10,100,1000] [--exercise mini] [--keep FOLDER] [--json FILE]

For each size a new class is graded with a cold start: wall time, the driver's peak of resident memory (the process that
writes the gradebook and the pages, without the graders), the gradebook's size, and the time to write the class page and
the tables once more. The slope is what each further submission costs, from one size to the next. With `--keep`, the
graded class of the largest size stays in FOLDER, for `nothing_changed.py --course FOLDER`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import classes
from efficiency import autograde
from measuring import arguments, cores, publish, table

from autograder.class_run import write_pages
from autograder.course import Course

COLUMNS = ("submissions", "wall s", "s each", "slope", "driver MB", "gradebook MB", "class page s")


@dataclass(frozen=True)
class Point:
    """One class. `slope_s`: seconds for each submission more than in the class before."""

    submissions: int
    wall_s: float
    slope_s: float | None
    driver_mb: float
    gradebook_mb: float
    class_page_s: float
    load: tuple[float, float]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--sizes", default="10,100,1000", help="ascending, with commas")
    parser.add_argument("--exercise", choices=tuple(classes.EXERCISES), default="mini")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the largest class here")
    options = parser.parse_args()
    sizes = sorted(int(size) for size in options.sizes.split(","))
    exercise = classes.EXERCISES[options.exercise]()
    points: list[Point] = []
    with tempfile.TemporaryDirectory(prefix="autograder-benchmark-") as folder:
        for size in sizes:
            course = classes.our_course(Path(folder) / str(size), exercise, classes.names(size))
            points.append(measure(course, exercise.name, size, points[-1] if points else None))
            print(_table(points[-1:], exercise.name), flush=True)
        if options.keep:
            (course / "graded.json").write_text(json.dumps(asdict(points[-1])), encoding="utf-8")
            shutil.copytree(course, options.keep)
    print(_table(points, exercise.name))
    measured = {"exercise": exercise.name, "points": [asdict(point) for point in points]}
    publish("growth", measured, options.json)


def measure(course: Path, assignment: str, size: int, before: Point | None) -> Point:
    run = autograde(course, assignment)
    graded = len(json.loads(run.output)["results"])
    if graded != size or run.code:
        raise RuntimeError(f"{graded} of {size} graded, exit status {run.code}")
    loaded = Course.load(course)
    started = time.perf_counter()
    write_pages(loaded, assignment)
    class_page_s = time.perf_counter() - started
    slope = (run.wall_s - before.wall_s) / (size - before.submissions) if before else None
    gradebook_mb = sum(path.stat().st_size for path in course.glob("gradebook.db*")) / 2**20
    return Point(size, run.wall_s, slope, run.peak_mb, gradebook_mb, class_page_s, run.load)


def _table(points: list[Point], exercise: str) -> str:
    rows = [
        [str(point.submissions), point.wall_s, point.wall_s / point.submissions, point.slope_s,
         point.driver_mb, point.gradebook_mb, point.class_page_s]
        for point in points
    ]  # fmt: skip
    return table(f"{exercise}, {cores()} cores", COLUMNS, rows)


if __name__ == "__main__":
    main()
