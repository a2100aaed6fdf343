"""`autograder autograde` over a class in which nothing has changed since it was graded.

    python benchmarks/nothing_changed.py [--submissions 1000] [--course FOLDER] [--runs 3] [--json FILE]

With `--course`, the class that `growth.py --keep FOLDER` graded and timed; else one is made and graded first. The limit
is 2 % of the time that grading it took; exit status 1 if it is passed.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import classes
from efficiency import autograde
from measuring import arguments, publish, table

LIMIT = 0.02


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--course", type=Path, metavar="FOLDER", help="a class that growth.py has graded")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.course:
        known = json.loads((options.course / "graded.json").read_text(encoding="utf-8"))
        measured = again(options.course, known["submissions"], known["wall_s"], options.runs)
    else:
        with tempfile.TemporaryDirectory(prefix="autograder-benchmark-") as folder:
            course = classes.our_course(
                Path(folder) / "course", classes.mini(), classes.names(options.submissions)
            )
            first = autograde(course, "mini")
            measured = again(course, options.submissions, first.wall_s, options.runs)
    publish("nothing_changed", measured, options.json)
    return 0 if measured["share"] <= LIMIT else 1


def again(course: Path, submissions: int, graded_in_s: float, runs: int) -> dict[str, Any]:
    timings = []
    for _ in range(runs):
        run = autograde(course, "mini")
        results = json.loads(run.output)["results"]
        changed = [result["student"] for result in results if result["how"] != "unchanged"]
        if changed or len(results) != submissions:
            raise RuntimeError(f"{len(changed)} of {len(results)} were graded again: {changed[:5]}")
        timings.append(run.wall_s)
    usual = statistics.median(timings)
    row = [str(submissions), graded_in_s, usual, min(timings), max(timings), f"{usual / graded_in_s:.2%}"]
    columns = ("submissions", "graded in s", "again s", "least", "most", "share")
    print(table("Nothing has changed", columns, [row]))
    return {
        "submissions": submissions,
        "graded_in_s": graded_in_s,
        "again_s": timings,
        "share": usual / graded_in_s,
        "limit": LIMIT,
    }


if __name__ == "__main__":
    sys.exit(main())
