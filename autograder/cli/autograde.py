"""`autograder autograde A`: grade what was handed in, fill the gradebook, write the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.gpus import GpuChoice
from autograder.cli.interrupted import Interrupted
from autograder.cli.options import Address, CourseFolder, Device, Isolation, Jobs, Json, find_course

if TYPE_CHECKING:
    from rich.table import Table

    from autograder.class_run import Graded
    from autograder.cli.progress import RunProgress
    from autograder.course import Course
    from autograder.grading.grade import Grade, ItemGrade
    from autograder.grading.settings import GradingSettings
    from autograder.running.store import GradeStore

MOST_ROWS = 200  # of a table in a terminal; the class page shows any number


@dataclass(frozen=True)
class _Result:
    """How it went for one student. The grade itself stays in the store: a class has many."""

    student: str
    how: str
    problem: str = ""


class _Run:
    """A run of the command: first what needs no GPU, then what does."""

    def __init__(
        self,
        course: Course,
        assignment: str,
        settings: GradingSettings,
        students: list[str] | None,
        gpus: GpuChoice,
        cluster: str | None,
        *,
        hidden: bool,
    ) -> None:
        self._course = course
        self._assignment = assignment
        self._settings = settings
        self._students = students
        self._gpus = gpus
        self._cluster = cluster
        self._hidden = hidden
        self._found: dict[str, _Result] = {}

    @property
    def results(self) -> list[_Result]:
        """One for each student; of who was graded in both steps, the last."""
        return list(self._found.values())

    def grade(self, *, jobs: int, force: bool) -> None:
        """Grade what has no valid grade, but for the tests that need a GPU."""
        from autograder.cli.progress import RunProgress
        from autograder.running.planning import plan
        from autograder.running.pools import pool_for

        if self._students == []:
            return
        course, assignment, settings = self._course, self._assignment, self._settings
        todo = plan(course, assignment, settings, students=self._students, force=force)
        with pool_for(course, settings, jobs=jobs, address=self._cluster) as pool:
            if todo.todo:
                pool.warm_up(assignment)
            from autograder.class_run import carry_out  # takes a second, in which the pool warms up

            again = force and self._gpus.usable()
            with RunProgress(assignment, len(todo.todo), hidden=self._hidden) as progress:
                for graded in carry_out(
                    todo, course, assignment, settings, pool=pool, gpu_again=again, started=progress.started
                ):
                    self._note(graded, progress)

    def complete(self) -> None:
        """Run the tests that need a GPU, where there is one, for all valid grades that wait for them."""
        if not self._gpus.possible():
            return
        from autograder.cli.progress import RunProgress
        from autograder.deferred_run import complete, waiting

        course, assignment, settings = self._course, self._assignment, self._settings
        todo = waiting(course, assignment, settings, students=self._students)
        if not todo.students or not self._gpus.usable():
            return
        on = self._gpus.here()
        with RunProgress(f"{assignment}, on GPUs", todo.students, hidden=self._hidden) as progress:
            for graded in complete(
                todo, course, assignment, settings, on, cluster=self._cluster, started=progress.started
            ):
                self._note(graded, progress)

    def _note(self, graded: Graded, progress: RunProgress) -> None:
        self._found[graded.student] = _Result(graded.student, graded.how, graded.problem)
        if graded.how != "unchanged":
            progress.finished(graded.student, failed=graded.how == "failed")


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
    device: Device = "auto",
    deferred: Annotated[
        bool,
        typer.Option(
            "--deferred", help="Complete stored grades on this machine's GPU; grade no new hand-ins."
        ),
    ] = False,
    jobs: Jobs = 0,
    cluster: Address = None,
) -> None:
    """Grade the hand-ins in submitted/ that have no valid grade yet; where there is a GPU, also the tests that
    need one."""
    from autograder.grading.settings import GradingSettings
    from autograder.running.pools import cluster_of
    from autograder.running.store import GradeStore

    course = find_course(course_folder)
    course.assignment(assignment)
    if deferred and device == "cpu":
        raise typer.BadParameter("--deferred needs a GPU; leave --device out.")
    settings = GradingSettings(isolation=isolation or course.isolation)
    elsewhere = (deferred or device == "gpu") and cluster_of(course, cluster) is not None
    gpus = GpuChoice("gpu" if deferred else device, course.assignment(assignment), settings, elsewhere)
    gpus.check()
    store = GradeStore(course, assignment)
    students = student or None
    if students and not deferred:
        _demand_hand_ins(course, assignment, students)
    if deferred:
        students = [name for name in store.students() if not student or name in student]
    run = _Run(course, assignment, settings, students, gpus, cluster, hidden=quiet or json)
    try:
        run.grade(jobs=jobs, force=force)
        run.complete()
    except KeyboardInterrupt:
        if json:
            _print_json(assignment, run.results, store, interrupted=True)
        raise Interrupted(_how_far(run.results, assignment)) from None
    results = sorted(run.results, key=lambda result: result.student)
    if json:
        _print_json(assignment, results, store)
    elif not quiet and not results and not deferred:
        _show_nothing(assignment)
    elif not quiet:
        _show(assignment, results, store, course.reports / assignment / "index.html")
    _name_failures(results)
    if any(result.how in ("rejected", "failed") for result in results):
        raise typer.Exit(1)


def _demand_hand_ins(course: Course, assignment: str, students: list[str]) -> None:
    from autograder.intake import handed_in

    there = set(handed_in(course, assignment))
    for student in students:
        if student not in there:
            raise typer.BadParameter(
                f"there is no folder submitted/{student}/{assignment}. Who hands in nothing gets the grade of the "
                "group's hand-in together with whoever handed it in."
            )


def _how_far(results: list[_Result], assignment: str) -> str:
    counts = Counter(result.how for result in results)
    new = counts["graded"] + counts["completed"] + counts["rejected"]
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


def _show_nothing(assignment: str) -> None:
    from autograder.cli.console import out

    out.print(
        f"Nothing to grade: there is no folder submitted/<student>/{assignment} yet. `autograder collect {assignment} "
        "PATH` takes hand-ins from an archive or a folder.",
        soft_wrap=True,
    )


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
    from autograder.cli.console import err, harmless

    for result in results:
        if result.how == "failed":
            err.print(harmless(f"{result.student}: not graded. {result.problem}", "red"), soft_wrap=True)


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
