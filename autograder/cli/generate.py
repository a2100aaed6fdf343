"""`autograder generate [A…]`: the students' versions of the instructor's notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.console import out, print_json
from autograder.cli.options import CourseFolder, Json, find_course


def command(
    assignments: Annotated[
        list[str] | None, typer.Argument(help="Assignments; all of the course if none.")
    ] = None,
    course_folder: CourseFolder = Path("."),
    json: Json = False,
) -> None:
    """Write release/<assignment>/ with nbgrader's converter; refuse to, if a solution or a hidden test would leak."""
    from autograder.release import generate

    course = find_course(course_folder)
    names = [course.assignment(name).name for name in assignments or course.assignments]
    results = generate(course, tuple(names))
    if json:
        print_json(
            [
                {"assignment": result.assignment, "path": str(result.path), "changed": result.changed}
                for result in results
            ]
        )
        return
    for result in results:
        out.print(
            f"{result.assignment}: {result.path} {'written' if result.changed else 'unchanged'}",
            soft_wrap=True,
        )
