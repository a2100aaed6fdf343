"""`autograder verify [A…]`: the solution scores full, every variant loses what it must."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from autograder.cli.console import err, out, print_json
from autograder.cli.gpus import GpuChoice
from autograder.cli.options import CourseFolder, Device, Isolation, Jobs, Json, find_course

if TYPE_CHECKING:
    from autograder.verify import Verdict


def command(
    assignments: Annotated[
        list[str] | None, typer.Argument(help="Assignments; all of the course if none.")
    ] = None,
    course_folder: CourseFolder = Path("."),
    variants: Annotated[
        Path | None,
        typer.Option("--variants", help="A folder of variants instead of the assignment's own.", exists=True),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", help="Just the variants whose name contains this.")
    ] = None,
    json: Json = False,
    isolation: Isolation = None,
    device: Device = "auto",
    jobs: Jobs = 0,
) -> None:
    """Grade the instructor's solution and every variant; print what disagrees with what is expected."""
    from autograder.grading.settings import GradingSettings
    from autograder.verify import verify

    course = find_course(course_folder)
    names = [course.assignment(name).name for name in assignments or course.assignments]
    settings = GradingSettings(isolation=isolation or course.isolation)
    verdicts: list[Verdict] = []
    for name in names:
        gpus = GpuChoice(device, course.assignment(name), settings)
        gpus.check()
        for verdict in verify(
            course, name, settings, variants=variants, only=only, jobs=jobs, gpus=gpus.here
        ):
            verdicts.append(verdict)
            _say(verdict, to_stderr=json)
    if not verdicts:
        raise typer.BadParameter(
            f"no variant of {', '.join(names)} has {only!r} in its name; nothing was verified."
        )
    failed = [verdict for verdict in verdicts if verdict.disagreements]
    if json:
        print_json(
            {"verified": len(verdicts), "failed": len(failed), "results": [v.document() for v in verdicts]}
        )
    else:
        out.print(f"{len(verdicts) - len(failed)} of {len(verdicts)} agree with what is expected.")
    if failed:
        raise typer.Exit(1)


def _say(verdict: Verdict, to_stderr: bool) -> None:
    console = err if to_stderr else out
    mark = Text("✗ ", "red") if verdict.disagreements else Text("✓ ", "green")
    grade = verdict.grade
    console.print(
        mark
        + Text(
            f"{verdict.assignment}  {verdict.name}  {grade.score:g} of {grade.max_score:g}, {grade.timing.wall_s:.1f} s"
        )
    )
    for sentence in verdict.disagreements:
        console.print(Text(f"    {sentence}", "red"))
