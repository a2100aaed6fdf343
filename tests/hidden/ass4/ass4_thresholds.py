"""The threshold of the learning check, as measured by benchmarks/calibrate_ass4.py and kept in ass4_thresholds.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("ass4_thresholds.json")


@dataclass(frozen=True)
class Threshold:
    """Accuracy to reach, and the standard deviation over seeds of the correct solution that varies most."""

    value: float
    spread: float


def threshold(check: str) -> Threshold:
    """The threshold of "textures"."""
    entry = json.loads(FILE.read_text(encoding="utf-8"))[check]
    return Threshold(float(entry["threshold"]), float(entry["spread"]))
