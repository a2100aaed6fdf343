"""The notebook as it was handed in."""

from __future__ import annotations

import pytest

from autograder.checks import saved_outputs
from autograder.grading.context import Source
from autograder.grading.verdicts import expect


@pytest.mark.item("hand-in", weight=2, evidence="source")
def test_results_are_shown(source: Source) -> None:
    """The saved notebook shows training and what came of it."""
    seen = saved_outputs.inspect_notebook(saved_outputs.without_checks(source.notebook))
    expect(not seen.problem("outputs"), seen.problem("outputs"), "Run your training on a text, and save.")


@pytest.mark.item("hand-in", evidence="source")
def test_no_error_is_shown(source: Source) -> None:
    """No saved output of the notebook is an error message."""
    expect(not source.untouched, "Nothing is written yet.")
    seen = saved_outputs.inspect_notebook(source.notebook)
    expect(not seen.problem("errors"), seen.problem("errors"))


@pytest.mark.item("hand-in", evidence="source")
def test_names_are_given(source: Source) -> None:
    """The names of the group's members stand at the top."""
    seen = saved_outputs.inspect_notebook(source.notebook)
    expect(not seen.problem("members"), seen.problem("members"))
