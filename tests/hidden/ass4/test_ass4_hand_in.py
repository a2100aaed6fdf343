"""The notebook as it was handed in."""

from __future__ import annotations

import copy

import pytest

from autograder.checks import saved_outputs
from autograder.grading.context import Source
from autograder.grading.verdicts import expect


@pytest.mark.item("hand-in", weight=2, evidence="source")
def test_results_are_shown(source: Source) -> None:
    """The saved notebook shows training and evaluation: a printed loss or accuracy."""
    seen = saved_outputs.inspect_notebook(_own_outputs(source))
    for part in ("outputs", "metrics"):
        hint = "Print the accuracy on the test pictures with its name, and save."
        expect(not seen.problem(part), seen.problem(part), hint)


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


def _own_outputs(source: Source) -> object:
    """The notebook without what the public checks print."""
    notebook = copy.deepcopy(source.notebook)
    for cell in notebook.cells:
        mark = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") == "code" and isinstance(mark, dict) and mark.get("grade"):
            cell["outputs"] = []
    return notebook
