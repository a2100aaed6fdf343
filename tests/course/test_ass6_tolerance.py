"""The tolerance of assignment 6's check of masks: what a student's process answers must not widen it at will."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checks import masking

HIDDEN = Path(__file__).parents[1] / "hidden" / "ass6"
SEQUENCES = [[1, 2, 3], [4, 5, 6, 7, 8]]


class Net:
    """A network whose weights are not found; `noise` is what it adds to the logits of a batch of several rows."""

    settings = SimpleNamespace(vocab=14)

    def __init__(self, size: float, noise: float) -> None:
        self.size, self.noise = size, noise

    def weights(self) -> None:
        return None

    def predict(self, tokens: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return self.size * tokens.sum(axis=1) + (self.noise if len(tokens) > 1 else 0.0)


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(HIDDEN))
    return importlib.import_module("test_ass6_masking")


def tolerance(hidden: ModuleType, net: Net) -> float:
    return float(hidden._sensitive(net, SEQUENCES, np.random.default_rng(0))[1])


def test_noise_of_the_students_own_widens_no_tolerance(hidden: ModuleType) -> None:
    assert tolerance(hidden, Net(size=1.0, noise=0.5)) == masking.TOLERANCE


def test_small_logits_are_judged_by_a_small_tolerance(hidden: ModuleType) -> None:
    assert tolerance(hidden, Net(size=1.0, noise=0.0)) == masking.TOLERANCE
    assert tolerance(hidden, Net(size=1e-6, noise=0.0)) < 1e-6
