"""`autograder autograde A`: grade what was handed in, fill the gradebook, write the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from autograder.class_run import Graded, carry_out, plan
from autograder.cli.console import err, out, print_json
from autograder.cli.faces import grade_document
from autograder.cli.options import CourseFolder, Device, Isolation, Jobs, Json, find_course
from autograder.grading.opening import GradingSettings


def command(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    course_folder: CourseFolder = Path("."),
    student: Annotated[
        list[str] | None, typer.Option("--student", help="Only this student; may be repeated.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has a valid grade.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.")] = False,
    json: Json = False,
    isolation: Isolation = None,
    device: Device = "cpu",
    jobs: Jobs = 0,
) -> None:
    """Grade the hand-ins in submitted/ that have no valid grade yet."""
    course = find_course(course_folder)
    course.assignment(assignment)
    settings = GradingSettings(isolation=isolation or course.isolation, device=device)
    todo = plan(course, assignment, settings, students=student, force=force)
    results: list[Graded] = []
    with _progress(hidden=quiet or json) as progress:
        task = progress.add_task(assignment, total=len(todo.hand_ins) + len(todo.refused) + len(todo.valid))
        for graded in carry_out(todo, course, assignment, settings, jobs=jobs):
            results.append(graded)
            progress.update(task, advance=1, description=f"{assignment}: {graded.student}")
    results.sort(key=lambda graded: graded.student)
    if json:
        print_json(
            {
                "assignment": assignment,
                "results": [{**grade_document(r.grade), "how": r.how} for r in results],
            }
        )
    elif not quiet:
        out.print(_table(assignment, results))
        out.print(f"Pages: {course.reports / assignment / 'index.html'}", soft_wrap=True)
    if any(result.how == "rejected" for result in results):
        raise typer.Exit(1)


def _progress(hidden: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=err, disable=hidden, transient=True)


def _table(assignment: str, results: list[Graded]) -> Table:
    """Students and items; a point, a dash where it is lost, a question mark where it is open."""
    items = next((result.grade.items for result in results if result.grade.items), ())
    table = Table("student", "points", *(Column(Text(item.id)) for item in items), title=assignment)
    for result in results:
        cells = ("open" if item.score is None else f"{item.score:g}" for item in result.grade.items)
        total = f"{result.grade.score:g} of {result.grade.max_score:g}"
        table.add_row(Text(result.student), "rejected" if result.how == "rejected" else total, *cells)
    return table
