"""`autograder collect A [ARCHIVE]`: hand-ins from a Moodle archive, a folder or nbgrader's exchange into submitted/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from autograder.cli.console import out, print_json
from autograder.cli.options import CourseFolder, Json, find_course

if TYPE_CHECKING:
    from autograder.intake import CollectReport


def command(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    archive: Annotated[
        Path | None,
        typer.Argument(
            help="A zip or tar from the LMS, or a folder; nbgrader's exchange if none.", exists=True
        ),
    ] = None,
    course_folder: CourseFolder = Path("."),
    json: Json = False,
) -> None:
    """Take hand-ins in; the latest of a student wins, nothing is lost, and running it twice changes nothing."""
    from autograder.intake import collect, collect_exchange

    course = find_course(course_folder)
    course.assignment(assignment)
    report = (
        collect(archive, course, assignment) if archive is not None else collect_exchange(course, assignment)
    )
    if json:
        print_json(report.model_dump(mode="json"))
    else:
        _show(report)
    if report.unmatched or report.refused:
        raise typer.Exit(1)


def _show(report: CollectReport) -> None:
    out.print(f"{len(report.taken)} hand-ins of {report.assignment} from {report.source}", soft_wrap=True)
    for taken in report.taken:
        for notice in taken.notices:
            out.print(Text(f"  {taken.student}: {notice}"), soft_wrap=True)
    for unmatched in report.unmatched:
        out.print(
            Text(f"  not paired with a student: {unmatched.label}: {unmatched.sentence}", style="red"),
            soft_wrap=True,
        )
    for refused in report.refused:
        out.print(Text(f"  not taken: {refused.name}: {refused.sentence}", style="red"), soft_wrap=True)
    if report.missing:
        out.print(Text(f"  nothing from: {', '.join(report.missing)}"), soft_wrap=True)
