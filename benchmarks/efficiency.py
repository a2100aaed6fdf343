"""How much of the machine's time goes into the students' own computation.

    python benchmarks/efficiency.py [small|ass1] [--students 96] [--few 24] [--json FILE]

The students' own computation is the CPU time of their processes, notebook and hidden tests' calls, less what a session
uses that runs nothing. Divided by cores times wall time: for the whole command, with its cold start, and for each
further submission of a larger class (from the difference of two classes).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import classes
import small_work
from measuring import Run, arguments, cores, publish, table, timed

SECRET = "a term secret for benchmarks only"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("exercise", nargs="?", choices=("small", "ass1"), default="small")
    parser.add_argument("--students", type=int, default=96)
    parser.add_argument("--few", type=int, help="size of the smaller class; by default a quarter")
    options = parser.parse_args()
    options.few = options.few or options.students // 4
    exercise = classes.EXERCISES[options.exercise]()
    found = {}
    with tempfile.TemporaryDirectory(prefix="autograder-benchmark-") as folder:
        for count in (options.few, options.students):
            course = classes.our_course(Path(folder) / str(count), exercise, classes.names(count))
            run = autograde(course, exercise.name)
            found[count] = run, json.loads(run.output)["results"]
    idle = small_work.idle_session_s()
    rows = [
        [
            f"class of {count}",
            run.wall_s,
            computed(results, idle),
            computed(results, idle) / (cores() * run.wall_s),
        ]
        for count, (run, results) in found.items()
    ]
    more = options.students - options.few
    wall, own = (rows[1][i] - rows[0][i] for i in (1, 2))  # type: ignore[operator]
    rows.append(["each further one", wall / more, own / more, own / (cores() * wall)])
    print(table(f"{exercise.name}, {cores()} cores", ("", "wall s", "own computation s", "efficiency"), rows))
    measured = {
        "exercise": exercise.name,
        "steps_of_the_small_notebook": os.environ.get(small_work.VARIABLE),
        "idle_session_s": idle,
        "rows": [
            dict(zip(("what", "wall_s", "own_computation_s", "efficiency"), row, strict=True)) for row in rows
        ],
        "load": [run.load for run, _ in found.values()],
    }
    publish("efficiency", measured, options.json)


def autograde(course: Path, assignment: str, *options: str) -> Run:
    """`autograder autograde --json` in a new process. Raises RuntimeError where it could not grade."""
    command = [sys.executable, "-m", "autograder", "autograde", assignment, "--json", *options]
    return timed(command, cwd=course, env={**os.environ, "AUTOGRADER_SECRET": SECRET})


def computed(results: list[dict[str, Any]], idle_s: float) -> float:
    """CPU seconds of the students' own computation."""
    return sum(max(0.0, float(result["timing"]["cpu_s"]) - idle_s) for result in results)


if __name__ == "__main__":
    main()
