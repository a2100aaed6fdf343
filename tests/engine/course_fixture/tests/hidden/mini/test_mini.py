"""Hidden tests of the mini assignment."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.grading.verdicts import expect


@pytest.fixture(autouse=True)
def _numpy_arrays(student):
    """This assignment's functions take arrays of NumPy, not tensors."""
    with student.arrays_as("numpy"):
        yield


@pytest.mark.item("standardise-values")
def test_columns_are_standardised(student, rng):
    """Random columns come back with mean 0 and standard deviation 1, in their old order."""
    table = rng.normal(loc=5.0, scale=3.0, size=(50, 4))
    answer = student.standardise(table)
    expected = (table - table.mean(axis=0)) / table.std(axis=0)
    expect(
        answer.shape == expected.shape and np.allclose(answer, expected),
        "The columns differ from the standardised ones.",
        hint="Mean and standard deviation belong to a column, so they are taken along axis 0.",
    )


@pytest.mark.item("standardise-values")
def test_constant_column_becomes_zero(student, rng):
    """A constant column comes back as zeros."""
    table = np.column_stack([rng.normal(size=20), np.full(20, 7.0)])
    answer = student.standardise(table)
    expect(np.array_equal(answer[:, 1], np.zeros(20)), "A constant column did not become 0.")


@pytest.mark.item("average-values", weight=2)
def test_windows_are_averaged(student, rng):
    """The moving average of random values, for several widths."""
    values = rng.normal(size=30)
    for width in (1, 2, 7, 30):
        answer = student.moving_average(values, width)
        expected = np.convolve(values, np.full(width, 1.0 / width), mode="valid")
        expect(
            answer.shape == expected.shape and np.allclose(answer, expected),
            f"The averages of windows of {width} values are not right.",
        )


@pytest.mark.item("average-values", weight=1)
def test_input_is_left_alone(student, rng):
    """The function does not depend on an earlier call."""
    values = rng.normal(size=10)
    first = student.moving_average(values, 3)
    expect(np.array_equal(first, student.moving_average(values, 3)), "The same call gave another result.")
