"""The small notebook's checks as hidden tests of this engine."""

from __future__ import annotations

import pytest
import small_checks

from autograder.remote.client import Student


@pytest.mark.item("small-init")
def test_init(student: Student) -> None:
    """init gives float32 tensors of the right shapes, decided by the seed."""
    small_checks.check_init(student)


@pytest.mark.item("small-forward")
def test_forward(student: Student) -> None:
    """forward agrees with NumPy for networks and batches of several sizes."""
    small_checks.check_forward(student)


@pytest.mark.item("small-loss")
def test_loss(student: Student) -> None:
    """loss is the mean cross-entropy."""
    small_checks.check_loss(student)


@pytest.mark.item("small-training")
def test_training(student: Student) -> None:
    """train learns the inside of a circle."""
    small_checks.check_training(student)
