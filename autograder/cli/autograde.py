"""`autograder autograde A`: grade what was handed in, fill the gradebook, write the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.interrupted import Interrupted
from autograder.cli.options import Address, CourseFolder, Device, Isolation, Jobs, Json, find_course

if TYPE_CHECKING:
    from rich.table import Table

    from autograder.grading.grade import Grade, ItemGrade
    from autograder.running.store import GradeStore

MOST_ROWS = 200  # of a table in a terminal; the class page shows any number


@dataclass(frozen=True)
class _Result:
    """How it went for one student. The grade itself stays in the store: a class has many."""

    student: str
    how: str
    problem: str = ""


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
    from autograder.cli.progress import RunProgress
    from autograder.grading.settings import GradingSettings
    from autograder.running.planning import plan
    from autograder.running.pools import pool_for
    from autograder.running.store import GradeStore

    course = find_course(course_folder)
    course.assignment(assignment)
    settings = GradingSettings(isolation=isolation or course.isolation, device=device)
    results: list[_Result] = []
    try:
        todo = plan(course, assignment, settings, students=student, force=force)
        with pool_for(course, settings, jobs=jobs, address=cluster) as pool:
            if todo.todo:
                pool.warm_up(assignment)
            from autograder.class_run import carry_out  # takes a second, in which the pool warms up

            with RunProgress(assignment, len(todo.todo), hidden=quiet or json) as progress:
                run = carry_out(todo, course, assignment, settings, pool=pool, started=progress.started)
                for graded in run:
                    results.append(_Result(graded.student, graded.how, graded.problem))
                    if graded.how != "unchanged":
                        progress.finished(graded.student, failed=graded.how == "failed")
    except KeyboardInterrupt:
        if json:
            _print_json(assignment, results, GradeStore(course, assignment), interrupted=True)
        raise Interrupted(_how_far(results, assignment)) from None
    store = GradeStore(course, assignment)
    results.sort(key=lambda result: result.student)
    if json:
        _print_json(assignment, results, store)
    elif not quiet:
        _show(assignment, results, store, course.reports / assignment / "index.html")
    _name_failures(results)
    if any(result.how in ("rejected", "failed") for result in results):
        raise typer.Exit(1)


def _how_far(results: list[_Result], assignment: str) -> str:
    counts = Counter(result.how for result in results)
    new = counts["graded"] + counts["rejected"]
    return (
        f"Interrupted. {new} graded in this run, {counts['unchanged']} before; all of them are kept. Run the same "
        "command again to grade the others; the pages are written at the end of a run "
        f"(now: autograder report {assignment})."
    )


def _print_json(
    assignment: str, results: list[_Result], store: GradeStore, *, interrupted: bool = False
) -> None:
    from autograder.cli.console import print_json_with

    head = {"assignment": assignment, **({"interrupted": True} if interrupted else {})}
    print_json_with(head, "results", (_document(result, store) for result in results))


def _document(result: _Result, store: GradeStore) -> dict[str, Any]:
    from autograder.cli.faces import grade_document

    if result.how == "failed":
        return {"student": result.student, "how": result.how, "problem": result.problem}
    return {**grade_document(store.brief(result.student)[0]), "how": result.how}


def _show(assignment: str, results: list[_Result], store: GradeStore, page: Path) -> None:
    from autograder.cli.console import out

    if len(results) <= MOST_ROWS:
        graded = ((result, _brief(result, store)) for result in results)
        out.print(_table(assignment, graded))
    else:
        counts = Counter(result.how for result in results)
        out.print(f"{assignment}: " + ", ".join(f"{count} {how}" for how, count in counts.most_common()))
    out.print(f"Pages: {page}", soft_wrap=True)


def _brief(result: _Result, store: GradeStore) -> Grade | None:
    return None if result.how == "failed" else store.brief(result.student)[0]


def _name_failures(results: list[_Result]) -> None:
    from rich.text import Text

    from autograder.cli.console import err

    for result in results:
        if result.how == "failed":
            err.print(Text(f"{result.student}: not graded. {result.problem}", "red"))


_FULL, _SOME, _NONE, _OPEN = "●", "◐", "○", "?"


def _table(assignment: str, graded: Iterator[tuple[_Result, Grade | None]]) -> Table:
    """A line a student: the points, and a sign for each item, in the notebook's order."""
    from rich.table import Table
    from rich.text import Text

    rows = list(graded)
    items = next((grade.items for _, grade in rows if grade is not None), ())
    table = Table(
        "student",
        "points",
        "items",
        title=assignment,
        caption=f"{_FULL} full  {_SOME} some  {_NONE} none  {_OPEN} open   "
        + ", ".join(item.id for item in items),
    )
    for result, grade in rows:
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
