"""The application: its commands, and how a mistake of the user ends.

Exit status 0: done; 1: a finding (a verify mismatch, a failed submission); 2: bad usage or configuration; 130: stopped
by Ctrl-C. The commands' modules import the engine when they are called, so that help comes at once.
"""

from __future__ import annotations

import os
import sys

import typer

from autograder.cli import autograde, collect, doctor, generate, grade, report, verify
from autograder.cli.console import complain
from autograder.cli.interrupted import Interrupted
from autograder.mistakes import Mistake

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
    except Mistake as mistake:
        complain(str(mistake))
        sys.exit(2)
    except Interrupted as interrupted:
        complain(str(interrupted))
        sys.exit(130)
