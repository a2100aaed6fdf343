"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from autograder.course import Course

CourseFolder = Annotated[
    Path,
    typer.Option("--course", help="Folder of the course (or one inside it).", file_okay=False, exists=True),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Isolation = Annotated[
    Literal["full", "weak"] | None,
    typer.Option(
        "--isolation", help="`weak` grades although layers of isolation are missing; see `autograder doctor`."
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "gpu"],
    typer.Option(
        "--device",
        help="Where tests that need a GPU run: `auto`: on a GPU if this machine has one; `cpu`: not now, their points "
        "stay open; `gpu`: on a GPU, or not at all.",
    ),
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=0, help="Gradings at a time; 0: as many as cores and memory allow.")
]
Address = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="Grade on the workers of a Dask scheduler, tls://host:port or tcp://host:port; `none`: on this machine, "
        "whatever course.yaml says.",
        metavar="ADDRESS",
    ),
]


def find_course(folder: Path) -> Course:
    """The course in `folder` or above it."""
    from autograder.course import Course

    return Course.find(folder)
