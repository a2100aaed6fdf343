"""The application: its commands, and how a mistake of the user ends.

Exit status 0: done; 1: a finding (a verify mismatch, a failed submission); 2: bad usage or configuration.
"""

from __future__ import annotations

import os
import sys

import typer

from autograder.cli import autograde, collect, doctor, generate, grade, report, verify
from autograder.cli.console import complain
from autograder.course import CourseError
from autograder.grading.engine import HiddenTestsError
from autograder.grading.items import UntestedItemError
from autograder.grading.variants import VariantError
from autograder.intake import ArchiveError, RosterError
from autograder.leaks import ReleaseLeak
from autograder.notebooks import NotebookError
from autograder.release import ReleaseError
from autograder.running.alone import RunInProgressError
from autograder.running.pools import ClusterError
from autograder.sandbox import IsolationError
from autograder.secret import SecretError

MISTAKES = (
    ArchiveError,
    ClusterError,
    CourseError,
    HiddenTestsError,
    IsolationError,
    NotebookError,
    ReleaseError,
    ReleaseLeak,
    RosterError,
    RunInProgressError,
    SecretError,
    UntestedItemError,
    VariantError,
)

app = typer.Typer(
    name="autograder",
    help="Autograded deep-learning courses: isolated student kernels, hidden tests, nbgrader's gradebook.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (generate, collect, grade, autograde, verify, report, doctor):
    app.command(module.__name__.rpartition(".")[2])(module.command)


def main() -> None:
    """Entry point of the console script."""
    os.environ["PATH"] = os.pathsep.join(
        (os.path.join(sys.prefix, "bin"), os.environ.get("PATH", os.defpath))
    )
    try:
        app()
    except MISTAKES as mistake:
        complain(str(mistake))
        sys.exit(2)
    except KeyboardInterrupt:
        complain("Interrupted. What is graded is kept; run the same command again to go on.")
        sys.exit(130)
