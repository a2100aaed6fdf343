"""The pytest plugin: fixtures and markers of hidden tests, and the way from a test's end to an `Outcome`.

Under the engine, a `GradingContext` is put on the pytest configuration before the tests run. When an instructor runs
`pytest tests/hidden/<a>` by hand, the plugin makes one itself: the instructor's solution, or the notebook named by
`--submission`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from autograder.grading.grade import Evidence, Outcome, Status
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Verdict
from autograder.remote.errors import StudentError, StudentRaised

if (
    TYPE_CHECKING
):  # every pytest run on this machine loads the plugin: what only a grading needs is imported by it
    from autograder.grading.context import Data, GradingContext, Source
    from autograder.grading.prepared import Prepared
    from autograder.remote.client import Student

CONTEXT = pytest.StashKey["GradingContext"]()
MEASURE = pytest.StashKey[Measure]()
_BY_HAND = pytest.StashKey[ExitStack]()

_UNMET = "This check was not met."
_BROKEN_CHECK = (
    "This check could not be completed with what your code gave back; your instructor can see why."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder")
    group.addoption(
        "--submission", metavar="FILE", help="notebook to question instead of the instructor's solution"
    )
    group.addoption(
        "--isolation", choices=("full", "weak"), default=None, help="how strictly the notebook is isolated"
    )
    group.addoption(
        "--with-gpu",
        action="store_true",
        help="on a machine with a GPU: run the tests that need it, no others",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "item(id, weight=1, evidence='behaviour'): the grade cell that a test belongs to"
    )
    config.addinivalue_line("markers", "gpu: needs a GPU; deferred where there is none")
    config.addinivalue_line(
        "markers", "budget(seconds): CPU seconds that the student's code may use in this test"
    )
    config.addinivalue_line(
        "markers",
        "fresh_if_raised: where the student's code raises, the test is run once more on a new process, "
        "free of what earlier tests have left in TensorFlow",
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    by_hand = config.stash.get(_BY_HAND, None)
    if by_hand is not None:
        by_hand.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A grading with a GPU runs only what needs one."""
    context = config.stash.get(CONTEXT, None)
    with_gpu = (
        context.gpu is not None if context is not None else config.getoption("--with-gpu", default=False)
    )
    if with_gpu:
        items[:] = [item for item in items if item.get_closest_marker("gpu") is not None]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that needs a GPU is deferred, not run, in a grading without one."""
    item.stash[MEASURE] = Measure()
    if item.get_closest_marker("gpu") is None or item.get_closest_marker("item") is None:
        return
    context = item.config.stash.get(CONTEXT, None)
    if context is not None and context.gpu is None:
        pytest.skip("Needs a GPU; these points are still open.")
    if context is None and not item.config.getoption("--with-gpu", default=False):
        pytest.skip("Needs a GPU: run it with --with-gpu on a machine that has one.")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Where the student's code raises in a test marked `fresh_if_raised`, the test is run again on a new process."""
    context = pyfuncitem.config.stash.get(CONTEXT, None)
    if context is None or "student" not in pyfuncitem.funcargs:
        return (yield)
    untouched = context.session().generation not in context.questioned
    context.questioned.add(context.session().generation)
    marked = pyfuncitem.get_closest_marker("fresh_if_raised") is not None
    try:
        return (yield)
    except StudentRaised as error:
        if (
            not marked
            or untouched
            or error.sentence in context.raised_anew
            or not context.session().start_anew()
        ):
            raise
    context.questioned.add(context.session().generation)
    try:
        _run_again(pyfuncitem, context)
    except StudentRaised as error:
        context.raised_anew.add(error.sentence)
        raise
    return True


def _run_again(item: pytest.Function, context: GradingContext) -> None:
    """The test with the student's new process, the same random numbers, and nothing measured yet."""
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    item.stash[MEASURE] = Measure()
    renewed = {"rng": _rng_of(item, context), "measure": item.stash[MEASURE]}
    arguments |= {name: value for name, value in renewed.items() if name in arguments}
    with _budgeted(item, context.session().student) as student:
        item.obj(**(arguments | {"student": student}))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    context = item.config.stash.get(CONTEXT, None)
    marker = item.get_closest_marker("item")
    if context is None or marker is None:
        return report
    ended_early = call.when == "setup" and call.excinfo is not None
    if call.when == "call" or ended_early:
        context.outcomes.append(_outcome(item, marker, call, context))
    if report.when == "teardown" and report.failed:
        context.log.append(f"{item.nodeid}: broke while cleaning up\n{report.longreprtext}")
    for title, text in report.sections:
        if report.when == "teardown" and text.strip():
            context.log.append(f"{item.nodeid}: {title}\n{text}")
    return report


@pytest.fixture
def context(request: pytest.FixtureRequest) -> GradingContext:
    """The grading that this test belongs to; hidden tests use the fixtures below instead."""
    config = request.config
    if CONTEXT not in config.stash:
        from autograder.grading.by_hand import context_for

        stack = config.stash.setdefault(_BY_HAND, ExitStack())
        config.stash[CONTEXT] = stack.enter_context(
            context_for(
                Path(request.path),
                config.getoption("--submission"),
                config.getoption("--isolation"),
                "gpu" if config.getoption("--with-gpu", default=False) else "cpu",
            )
        )
    return config.stash[CONTEXT]


@pytest.fixture
def student(request: pytest.FixtureRequest, context: GradingContext) -> Iterator[Student]:
    """The submission: its functions answer from their sandbox."""
    with _budgeted(request.node, context.session().student) as student:
        yield student


@pytest.fixture
def reference(request: pytest.FixtureRequest, context: GradingContext) -> Iterator[Student]:
    """The instructor's solution, in a sandbox of its own."""
    with _budgeted(request.node, context.reference().student) as reference:
        yield reference


@pytest.fixture
def reference_times(context: GradingContext) -> dict[str, float]:
    """Seconds that earlier gradings have measured of this reference, for a test to read and to add to.

    Empty where none have. It is there to save time, and must not decide anything that a new measurement could decide
    otherwise: which gradings came before differs from run to run.
    """
    return context.reference().times


@pytest.fixture
def fresh_student(context: GradingContext) -> Iterator[Callable[..., Student]]:
    """`fresh_student(prelude="code")`: the submission once more, in a sandbox where the prelude ran before
    its cells."""
    with ExitStack() as stack:

        def start(prelude: str = "") -> Student:
            session = context.open_session(context.restored, prelude)
            context.sessions.append(session)
            return stack.enter_context(session).student

        yield start


@pytest.fixture
def end_student(context: GradingContext) -> Callable[[], None]:
    """Ends the student's process, with all that it still does; for `compare(end_student=…)`.

    The test's `student` cannot be asked any more. The next test has another one, for which the notebook is run again.
    """
    return context.session().end


@pytest.fixture
def rng(request: pytest.FixtureRequest, context: GradingContext) -> np.random.Generator:
    """Hidden randomness: the same for every student of a term, unknown to them, different next term."""
    return _rng_of(request.node, context)


@pytest.fixture
def prepared(context: GradingContext) -> Prepared:
    """`prepared(name, rng, make)`: what `make()` draws from `rng`, made once for all submissions."""
    from autograder.grading.prepared import Prepared

    return Prepared(context.course, context.assignment)


@pytest.fixture
def data(context: GradingContext) -> Data:
    """`data["mnist"]`: a data set with its labels, on the grader's side of the wire."""
    from autograder.grading.context import Data

    return Data(context)


@pytest.fixture
def source(context: GradingContext) -> Source:
    """The submitted code as text."""
    from autograder.grading.context import Source

    return Source(context)


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Measure:
    """Figures and pictures for the report."""
    found: Measure = request.node.stash[MEASURE]
    return found


@pytest.fixture
def environment(context: GradingContext) -> dict[str, str]:
    """The device, its driver and the libraries that this grading computes with; for `compare(environment=…)`."""
    from autograder.grading.machine import measured_on

    return measured_on(context.assignment.profile, context.gpu)


@pytest.fixture
def options(context: GradingContext) -> dict[str, Any]:
    """The assignment's switches from course.yaml."""
    return dict(context.assignment.options)


def _rng_of(item: pytest.Item, context: GradingContext) -> np.random.Generator:
    marker = item.get_closest_marker("item")
    return context.rng(marker.args[0] if marker else "", item.name)


@contextmanager
def _budgeted(item: pytest.Item, student: Student) -> Iterator[Student]:
    marker = item.get_closest_marker("budget")
    if marker is None:
        yield student
        return
    with student.budget(float(marker.args[0])):
        yield student


def _outcome(
    item: pytest.Item, marker: pytest.Mark, call: pytest.CallInfo[None], context: GradingContext
) -> Outcome:
    from autograder.checks.throughput import ThroughputError

    error = call.excinfo.value if call.excinfo is not None else None
    score, status, message, hint = _judge(error)
    if error is not None and not isinstance(
        error, Verdict | StudentError | AssertionError | pytest.skip.Exception
    ):
        context.log.append(
            f"{item.nodeid}: the check itself broke\n{''.join(traceback.format_exception(error))}"
        )
        if isinstance(error, ThroughputError):
            context.unmeasured.append(str(error))
    elif isinstance(error, AssertionError):
        context.log.append(f"{item.nodeid}: {call.excinfo.getrepr(style='short')}" if call.excinfo else "")
    measured = item.stash[MEASURE] if MEASURE in item.stash else Measure()
    return Outcome(
        test=item.name,
        item=marker.args[0],
        weight=float(marker.kwargs.get("weight", 1.0)),
        score=score,
        status=status,
        checked=_docstring(item),
        message=message,
        hint=hint,
        evidence=Evidence(marker.kwargs.get("evidence", Evidence.BEHAVIOUR)),
        figures=tuple(measured.figures),
        pictures=tuple(measured.pictures),
        wall_s=round(call.stop - call.start, 3),
    )


def _judge(error: BaseException | None) -> tuple[float, Status, str, str]:
    """Score, status, message and hint; never the text of an assertion or of an internal error."""
    match error:
        case None:
            return 1.0, Status.PASSED, "", ""
        case Verdict():
            return error.score, Status.PARTIAL if error.score else Status.FAILED, error.sentence, error.hint
        case StudentError():
            return 0.0, Status(error.status), error.sentence, ""
        case pytest.skip.Exception():
            return 0.0, Status.DEFERRED, str(error.msg), ""
        case AssertionError():
            return 0.0, Status.FAILED, _UNMET, ""
        case _:
            return 0.0, Status.ERROR, _BROKEN_CHECK, ""


def _docstring(item: pytest.Item) -> str:
    """What is checked, for students. "{name}" stands for the value of the parameter `name` of a parametrised test."""
    function = getattr(item, "function", None)
    text = " ".join((getattr(function, "__doc__", None) or "").split())
    parameters = getattr(item, "callspec", None)
    for name, value in (parameters.params if parameters else {}).items():
        if isinstance(value, (str, int, float)):
            text = text.replace("{" + name + "}", str(value))
    return text
