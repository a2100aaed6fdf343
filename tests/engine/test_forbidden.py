"""What a program does in a sandbox with stubs."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from sandboxing import limits

from autograder.checks import stubs
from autograder.grading.forbidden import expect_unused
from autograder.grading.session import StudentSession
from autograder.grading.verdicts import Failed
from autograder.sandbox import SandboxSpec, shared_parent

CELL = """
import statistics

def honest(numbers):
    return sum(numbers) / len(numbers)

def open_(numbers):
    return statistics.mean(numbers)

def secret(numbers):
    try:
        return statistics.mean(numbers)
    except Exception:
        return honest(numbers)

def broken(numbers):
    return numbers.mean

def leaving(numbers):
    import os
    os._exit(0)
"""


@pytest.fixture
def session():
    prelude = stubs.prelude(["statistics.mean"])
    notebook = new_notebook(cells=[new_code_cell(CELL)])
    with StudentSession(
        notebook, SandboxSpec(limits=limits()), limits(), shared_parent("tensorflow"), prelude=prelude
    ) as opened:
        yield opened


@pytest.mark.parametrize("name", ["open_", "secret"])
def test_a_part_that_is_used_fails_also_where_the_code_goes_on_without(session, name) -> None:
    uses = [lambda: session.student.honest([1, 2]), lambda: session.student.function(name)([1, 2])]
    with pytest.raises(Failed, match=r"`statistics\.mean`") as failed:
        expect_unused(session.student, uses, "Write it yourself.")
    assert failed.value.hint == "Write it yourself."


def test_other_mistakes_are_left_to_other_tests(session) -> None:
    names = ("honest", "broken", "missing", "leaving", "honest")
    expect_unused(session.student, [lambda n=n: session.student.function(n)([1, 2]) for n in names], "")


@pytest.mark.parametrize("forged", ["[]", "7", "'statistics.mean'", "None"])
def test_a_forged_list_changes_nothing_for_those_who_kept_to_the_rules(session, forged) -> None:
    session.student.run(f"{stubs.USED} = {forged}")
    expect_unused(session.student, [lambda: session.student.honest([1, 2])], "")
