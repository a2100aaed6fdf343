"""`grade(submission, course) -> Grade`: no database, no shared folder, the same grade for the same submission.

The notebook runs in a sandbox; pytest runs here, outside, and questions it. What a process keeps between
gradings (a warm parent per profile, the instructor's solution as reference) only saves time; it never decides a grade.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder import notebooks
from autograder.course import Assignment, Course
from autograder.grading import plugin
from autograder.grading.cell_errors import error_sentences
from autograder.grading.context import GradingContext
from autograder.grading.grade import Environment, Grade, ItemGrade, Outcome, Timing
from autograder.grading.items import item_grades, standing_of
from autograder.grading.machine import versions
from autograder.grading.opening import GradingSettings, open_context
from autograder.grading.rejection import rejected as rejected
from autograder.grading.warmth import forget_reference, warm_parent
from autograder.intake.submission import Submission
from autograder.mistakes import Mistake
from autograder.notebooks import GradeCell, NotebookError
from autograder.sandbox import IsolationError, SandboxError

# Of pytest's own plugins: those that write files, and those that collect garbage at the end for half a second.
_UNUSED_PLUGINS = (
    "cacheprovider",
    "doctest",
    "faulthandler",
    "junitxml",
    "threadexception",
    "unraisableexception",
)


class HiddenTestsError(Mistake):
    """The hidden tests could not be run at all; an instructor's mistake. The sentence names the folder."""


class MeasurementError(Mistake):
    """This machine did not allow a measurement that decides points: nothing is said about the student."""


def grade(submission: Submission, course: Course, settings: GradingSettings | None = None) -> Grade:
    """Grade one submission of an assignment of `course`.

    A hand-in that cannot be read gives a grade with status `rejected` and the reason. Raises `UntestedItemError`,
    `HiddenTestsError`, `NotebookError` (of the instructor's notebook), `IsolationError`, `NoGpuError` and
    `MeasurementError` where the course or the machine, not the student, is at fault. A grading in which somebody else
    ended a sandbox is made once more; `SandboxError` if that does not help.

    With the device "gpu" the grade holds the outcomes of the tests that need one and nothing else; `deferred.merged`
    puts them into a whole.
    """
    try:
        return _grade(submission, course, settings or GradingSettings(), first=True)
    except IsolationError:
        raise
    except SandboxError:
        forget_reference()
        return _grade(submission, course, settings or GradingSettings(), first=False)


def _grade(submission: Submission, course: Course, settings: GradingSettings, *, first: bool) -> Grade:
    """One attempt. Raises `DisturbedError`, the first time also where a kernel may have been killed by its own code:
    what happens twice in the same place is the student's doing.
    """
    started = time.monotonic()
    assignment = course.assignment(submission.assignment)
    release = notebooks.read(course.release(assignment.name))
    cells = notebooks.grade_cells(release)
    try:
        handed_in = notebooks.read(submission.notebook)
    except NotebookError as unreadable:
        return rejected(submission, course, str(unreadable))
    restored, notices = notebooks.restore(handed_in, release)
    with open_context(course, assignment, handed_in, release, restored, settings) as context:
        session = context.session()
        outcomes = list(_run_hidden_tests(context))
        context.check_undisturbed(kills_count=first)
        if context.unmeasured:
            reasons = " ".join(dict.fromkeys(context.unmeasured))
            raise MeasurementError(
                f"Not measured, so not graded: {reasons} Grade it again on a quieter machine."
            )
        timing = Timing(
            wall_s=round(time.monotonic() - started, 3),
            cpu_s=round(sum(opened.cpu_s for opened in context.sessions), 3),
            notebook_s=round(session.run.seconds, 3),
            tests_s=round(sum(outcome.wall_s for outcome in outcomes), 3),
            start_s=round(session.start_s, 3),
        )
    items = _only(cells, outcomes) if settings.device == "gpu" else item_grades(cells, outcomes)
    return Grade(
        assignment=assignment.name,
        student=submission.student,
        **standing_of(items),
        items=items,
        timing=timing,
        environment=_environment(assignment, settings, context),
        notebook=nbformat.writes(session.notebook),
        log="\n\n".join(context.log),
        notices=(
            *submission.notices,
            *notices,
            *session.run.notices,
            *error_sentences(session.notebook),
            *_data_notices(context),
        ),
    )


def _run_hidden_tests(context: GradingContext) -> list[Outcome]:
    """Run pytest in this process over the assignment's hidden tests; their outcomes, in order."""
    folder = context.course.hidden_tests(context.assignment.name)
    if not folder.is_dir():
        raise HiddenTestsError(
            f"There are no hidden tests for {context.assignment.name}: {folder} is no folder."
        )
    output = io.StringIO()
    arguments = [
        str(folder),
        f"--rootdir={folder}",
        f"--confcutdir={folder}",
        f"-c{os.devnull}",
        "--import-mode=prepend",
        "--capture=sys",
        "-q",
        *(f"-pno:{plugin}" for plugin in _UNUSED_PLUGINS),
    ]
    with _quiet_pytest(folder), contextlib.redirect_stdout(output):
        code = pytest.main(arguments, plugins=[plugin, _Attach(context)])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise HiddenTestsError(f"The hidden tests in {folder} could not be run:\n{output.getvalue()[-4000:]}")
    return context.outcomes


class _Attach:
    """Puts the grading's context where the fixtures look for it."""

    def __init__(self, context: GradingContext) -> None:
        self._context = context

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.CONTEXT] = self._context


@contextlib.contextmanager
def _quiet_pytest(folder: Path) -> Iterator[None]:
    """Keep the caller's pytest settings and installed plugins out, and modules of other assignments apart."""
    kept = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    kept["PYTEST_CURRENT_TEST"] = os.environ.get("PYTEST_CURRENT_TEST")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    path = list(sys.path)
    sys.path.insert(0, str(folder))
    before = set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(folder):
                del sys.modules[name]
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _only(cells: tuple[GradeCell, ...], outcomes: list[Outcome]) -> tuple[ItemGrade, ...]:
    tested = {outcome.item for outcome in outcomes}
    return item_grades([cell for cell in cells if cell.id in tested], outcomes)


def _environment(assignment: Assignment, settings: GradingSettings, context: GradingContext) -> Environment:
    missing = tuple(name for name, reason in warm_parent(assignment.profile).layers.items() if reason)
    missing += tuple(sorted(settings.layers_off))
    gpu = context.gpu
    return Environment(
        device=gpu.name if gpu is not None else "cpu",
        driver=gpu.driver if gpu is not None else "",
        profile=assignment.profile,
        isolation="weak" if missing else "full",
        missing_layers=missing,
        versions=versions(assignment.profile, gpu),
        data=dict(context.data_sources),
    )


def _data_notices(context: GradingContext) -> tuple[str, ...]:
    return tuple(
        f"The data set {name!r} was not at hand; an embedded stand-in was used, with thresholds of its own."
        for name, origin in sorted(context.data_sources.items())
        if origin == "embedded"
    )
