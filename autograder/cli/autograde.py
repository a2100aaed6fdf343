"""`autograder autograde A`: grade what was handed in, fill the gradebook, write the pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.class_run import Graded, carry_out, plan
from autograder.cli.console import err, out, print_json
from autograder.cli.faces import grade_document
from autograder.cli.options import Address, CourseFolder, Device, Isolation, Jobs, Json, find_course
from autograder.grading.grade import ItemGrade
from autograder.grading.settings import GradingSettings
from autograder.running.store import GradeStore


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
    cluster: Address = None,
) -> None:
    """Grade the hand-ins in submitted/ that have no valid grade yet."""
    course = find_course(course_folder)
    course.assignment(assignment)
    settings = GradingSettings(isolation=isolation or course.isolation, device=device)
    todo = plan(course, assignment, settings, students=student, force=force)
    results: list[Graded] = []
    store = GradeStore(course, assignment)
    with _progress(hidden=quiet or json) as progress:
        task = progress.add_task(assignment, total=todo.students)
        for graded in carry_out(todo, course, assignment, settings, jobs=jobs, cluster=cluster, force=force):
            if graded.how == "unchanged":
                graded = replace(graded, grade=store.brief(graded.student)[0])
            results.append(graded)
            progress.update(task, advance=1, description=f"{assignment}: {graded.student}")
    results.sort(key=lambda graded: graded.student)
    if json:
        print_json({"assignment": assignment, "results": [_document(result) for result in results]})
    elif not quiet:
        out.print(_table(assignment, results))
        out.print(f"Pages: {course.reports / assignment / 'index.html'}", soft_wrap=True)
    for result in results:
        if result.how == "failed":
            err.print(Text(f"{result.student}: not graded. {result.problem}", "red"))
    if any(result.how in ("rejected", "failed") for result in results):
        raise typer.Exit(1)


def _document(result: Graded) -> dict[str, Any]:
    if result.grade is None:
        return {"student": result.student, "how": result.how, "problem": result.problem}
    return {**grade_document(result.grade), "how": result.how}


def _progress(hidden: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=err, disable=hidden, transient=True)


_FULL, _SOME, _NONE, _OPEN = "●", "◐", "○", "?"


def _table(assignment: str, results: list[Graded]) -> Table:
    """A line a student: the points, and a sign for each item, in the notebook's order."""
    items = next((result.grade.items for result in results if result.grade is not None), ())
    table = Table(
        "student",
        "points",
        "items",
        title=assignment,
        caption=f"{_FULL} full  {_SOME} some  {_NONE} none  {_OPEN} open   "
        + ", ".join(item.id for item in items),
    )
    for result in results:
        grade = result.grade
        if grade is None:
            table.add_row(Text(result.student), "not graded")
            continue
        total = "rejected" if result.how == "rejected" else f"{grade.score:g} of {grade.max_score:g}"
        table.add_row(Text(result.student), total, "".join(map(_sign, grade.items)))
    return table


def _sign(item: ItemGrade) -> str:
    if item.score is None:
        return _OPEN
    if item.score >= item.max_score:
        return _FULL
    return _SOME if item.score > 0 else _NONE
