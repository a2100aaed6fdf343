"""Thresholds that are kept with what was measured for them are reached by every correct solution that was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.calibration import tolerance_factor

HIDDEN = Path(__file__).parents[1] / "hidden"
EXPECTED = {  # file: thresholds in it
    "ass1/ass1_thresholds.json": 3,
    "ass2/ass2_thresholds.json": 2,
}
ROUNDING = 0.001


@pytest.mark.parametrize("name", EXPECTED)
def test_correct_solutions_reach_the_threshold(name: str):
    found = list(thresholds(json.loads((HIDDEN / name).read_text(encoding="utf-8"))))
    assert len(found) == EXPECTED[name]
    for entry in found:
        correct = {key: runs for key, runs in entry["solutions"].items() if runs["correct"]}
        assert "solution" in {key.split()[0] for key in correct}
        assert {runs["runs"] for runs in correct.values()} == {20}
        for key, runs in correct.items():
            bound = runs["mean"] - tolerance_factor(runs["runs"]) * runs["sd"]
            assert bound >= entry["threshold"] - ROUNDING, key


def thresholds(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for value in table.values():
        if isinstance(value, dict) and "threshold" in value:
            yield value
        elif isinstance(value, dict):
            yield from thresholds(value)
