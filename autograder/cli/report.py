"""`autograder report A`: write the pages again, with what graders have given and written since."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.console import out, print_json
from autograder.cli.options import CourseFolder, Json, find_course


def command(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    course_folder: CourseFolder = Path("."),
    json: Json = False,
) -> None:
    """Write reports/<assignment>/: a page for each student, the class page and the table."""
    from autograder.class_run import write_pages

    course = find_course(course_folder)
    course.assignment(assignment)
    students = write_pages(course, assignment)
    folder = course.reports / assignment
    if json:
        print_json({"assignment": assignment, "students": students, "class_page": str(folder / "index.html")})
    else:
        out.print(f"{len(students)} students: {folder / 'index.html'}", soft_wrap=True)
