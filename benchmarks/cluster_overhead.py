"""What a cluster costs beside the local pool: the same class, two graders each, alternating.

    python benchmarks/cluster_overhead.py [mini|small|ass1] [--students 24] [--rounds 5] [--json FILE]

The cluster is a scheduler and two workers of one thread on this machine, which stand when the clock starts, as a
cluster does. Everything else is in both times: the command's start, that of the graders, the gradebook and the pages.
Which of the two comes first changes with every round.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import classes
from distributed import Client, LocalCluster
from efficiency import autograde
from measuring import arguments, publish, table

GRADERS = 2


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("exercise", nargs="?", choices=tuple(classes.EXERCISES), default="mini")
    parser.add_argument("--students", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    exercise = classes.EXERCISES[options.exercise]()
    seconds: dict[str, list[float]] = {"local pool": [], "cluster": []}
    with (
        tempfile.TemporaryDirectory(prefix="autograder-benchmark-") as folder,
        cluster(Path(folder)) as address,
    ):
        course = classes.our_course(Path(folder) / "course", exercise, classes.names(options.students))
        ways = [("local pool", ("--jobs", str(GRADERS))), ("cluster", ("--cluster", address))]
        for _, way in ways:  # not counted: caches are filled, the gradebook is made
            autograde(course, exercise.name, "--force", *way)
        for number in range(options.rounds):
            for name, way in ways if number % 2 == 0 else reversed(ways):
                seconds[name].append(autograde(course, exercise.name, "--force", *way).wall_s)
                print(f"round {number + 1}: {name} {seconds[name][-1]:.1f} s", file=sys.stderr, flush=True)
    ratios = [there / here for here, there in zip(*seconds.values(), strict=True)]
    rows = [
        [name, statistics.median(each), min(each), max(each), options.students / statistics.median(each)]
        for name, each in seconds.items()
    ]
    rows.append(["cluster / local pool", statistics.median(ratios), min(ratios), max(ratios), None])
    title = f"{exercise.name}, class of {options.students}, {GRADERS} graders each, {options.rounds} rounds; seconds"
    print(table(title, ("", "median", "least", "most", "a second"), rows))
    measured = {
        "exercise": exercise.name,
        "students": options.students,
        "graders": GRADERS,
        "seconds": seconds,
        "ratios": ratios,
    }
    publish("cluster_overhead", measured, options.json)


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A scheduler's address, with its workers in processes of their own."""
    with (
        LocalCluster(
            n_workers=GRADERS,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(folder / "dask"),
        ) as started,
        Client(started) as client,
    ):
        client.wait_for_workers(GRADERS)
        yield started.scheduler_address


if __name__ == "__main__":
    main()
