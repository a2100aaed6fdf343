"""The command `autograder`. Commands only read their arguments and call the engine."""

from autograder.cli.app import main

__all__ = ["main"]
