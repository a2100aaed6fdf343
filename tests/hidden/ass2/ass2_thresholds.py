"""Accuracies that a repaired script must reach, and curves of healthy and ill scripts, for the report.

Measured by benchmarks/calibrate_ass2.py and kept in ass2_thresholds.json. MNIST and the embedded digits have numbers
of their own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("ass2_thresholds.json")
SEEN = (0.0, 1 / 24, 1 / 6, 1.0)  # where a curve is measured, as shares of the whole training


@dataclass(frozen=True)
class Threshold:
    """Accuracy to reach, and the standard deviation over seeds of the repair that varies most.

    `hopeless`: no repair is below this after a third of the training.
    """

    value: float
    spread: float
    hopeless: float


@dataclass(frozen=True)
class Curves:
    """Indicators of one script at SEEN: healthy and as it was found. NaN where there is none."""

    healthy: tuple[float, ...]
    ill: tuple[float, ...]


def threshold(embedded: bool) -> Threshold:
    entry = _table(embedded)["accuracy"]
    return Threshold(float(entry["threshold"]), float(entry["spread"]), float(entry["hopeless"]))


def curves(script: int, embedded: bool) -> Curves:
    entry = _table(embedded)["curves"][str(script)]
    healthy, ill = ([float(v) for v in entry[kind]] for kind in ("healthy", "ill"))
    return Curves(tuple(healthy), tuple(ill))


def _table(embedded: bool) -> dict[str, Any]:
    table: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return table["embedded digits" if embedded else "MNIST"]
