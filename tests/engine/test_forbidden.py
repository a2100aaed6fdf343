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

def watchful(numbers):
    if "_autograder_stubs_used" in globals():
        raise ValueError("not today")
    return statistics.mean(numbers)

def pretending(numbers):
    return 0 if "_autograder_stubs_used" in globals() else statistics.mean(numbers)

def chancy(numbers):
    import random
    return random.random()

def broken(numbers):
    return numbers.mean

def leaving(numbers):
    import os
    os._exit(0)
"""


@pytest.fixture
def session():
    with _opened(stubs.prelude(["statistics.mean"])) as opened:
        yield opened


@pytest.fixture
def plain():
    with _opened("") as opened:
        yield opened


def _opened(prelude):
    notebook = new_notebook(cells=[new_code_cell(CELL)])
    spec = SandboxSpec(limits=limits())
    return StudentSession(notebook, spec, limits(), shared_parent("tensorflow"), prelude=prelude)


def _use(name):
    return lambda who: who.function(name)([1, 2])


@pytest.mark.parametrize("name", ["open_", "secret"])
def test_a_part_that_is_used_fails_also_where_the_code_goes_on_without(session, plain, name) -> None:
    with pytest.raises(Failed, match=r"`statistics\.mean`") as failed:
        expect_unused(session.student, plain.student, [_use("honest"), _use(name)], "Write it yourself.")
    assert failed.value.hint == "Write it yourself."


def test_code_that_stops_where_it_notices_the_stubs_fails(session, plain) -> None:
    with pytest.raises(Failed, match="does not run where the parts"):
        expect_unused(session.student, plain.student, [_use("honest"), _use("watchful")], "")


def test_code_that_does_something_else_where_it_notices_the_stubs_fails(session, plain) -> None:
    with pytest.raises(Failed, match="does something else where the parts"):
        expect_unused(session.student, plain.student, [_use("honest"), _use("pretending")], "")


def test_other_mistakes_are_left_to_other_tests(session, plain) -> None:
    names = ("honest", "broken", "missing", "leaving", "chancy", "honest")
    expect_unused(session.student, plain.student, [_use(name) for name in names], "")


@pytest.mark.parametrize("forged", ["[]", "7", "'statistics.mean'", "None"])
def test_a_forged_list_changes_nothing_for_those_who_kept_to_the_rules(session, plain, forged) -> None:
    session.student.run(f"{stubs.USED} = {forged}")
    expect_unused(session.student, plain.student, [_use("honest")], "")
