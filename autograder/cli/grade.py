"""`autograder grade NOTEBOOK --assignment A`: one file, no gradebook."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.console import harmless, out, print_json
from autograder.cli.gpus import GpuChoice
from autograder.cli.options import CourseFolder, Device, Isolation, Json, find_course

if TYPE_CHECKING:
    from autograder.grading.grade import Grade


def command(
    notebook: Annotated[
        Path, typer.Argument(help="The hand-in, a Jupyter notebook.", exists=True, show_default=False)
    ],
    assignment: Annotated[
        str, typer.Option("--assignment", "-a", help="Which assignment it is a hand-in of.")
    ],
    course_folder: CourseFolder = Path("."),
    json: Json = False,
    isolation: Isolation = None,
    device: Device = "auto",
    page: Annotated[
        Path | None, typer.Option("--page", help="Write the student's page to this HTML file.")
    ] = None,
) -> None:
    """Grade one notebook file and print its grade."""
    from autograder.cli.faces import grade_document
    from autograder.grading.deferred import is_open, merged
    from autograder.grading.engine import grade, rejected
    from autograder.grading.settings import GradingSettings
    from autograder.intake import RejectedSubmission, submission_from_file
    from autograder.intake.submission import HandIn
    from autograder.reports import student_page

    course = find_course(course_folder)
    course.assignment(assignment)
    try:
        submission = submission_from_file(notebook, assignment)
    except RejectedSubmission as refusal:
        result = rejected(
            HandIn(assignment=assignment, student="", path=str(notebook)), course, refusal.sentence
        )
    else:
        settings = GradingSettings(isolation=isolation or course.isolation)
        gpus = GpuChoice(device, course.assignment(assignment), settings)
        gpus.check()
        result = grade(submission, course, settings)
        if is_open(result) and gpus.usable():
            on_gpu = dataclasses.replace(settings, device="gpu", gpus=gpus.here())
            result = merged(result, grade(submission, course, on_gpu))
    if page is not None:
        title = course.assignment(assignment).title
        page.write_text(student_page(result, course.title, title, notebook.stem, {}), encoding="utf-8")
    if json:
        print_json(grade_document(result))
    else:
        _show(result)
    if result.status == "rejected":
        raise typer.Exit(1)


def _show(grade: Grade) -> None:
    from rich.table import Table
    from rich.text import Text

    if grade.status == "rejected":
        out.print(harmless(f"Rejected: {grade.reason}", "red"))
        return
    table = Table(
        "item",
        "points",
        "status",
        "what was found",
        title=f"{grade.assignment}: {grade.score:g} of {grade.max_score:g}",
    )
    for item in grade.items:
        score = "open" if item.score is None else f"{item.score:g}"
        table.add_row(
            Text(item.id), f"{score} / {item.max_score:g}", item.status.value, harmless(item.message)
        )
    out.print(table)
    for notice in grade.notices:
        out.print(harmless(notice))
