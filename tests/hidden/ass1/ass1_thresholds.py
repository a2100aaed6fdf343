"""The thresholds of accuracy checks, as measured by benchmarks/calibrate_ass1.py and kept in ass1_thresholds.json.

A threshold belongs to a check and to the data that it is made with: `thresholds("digits", embedded=True)`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("ass1_thresholds.json")


@dataclass(frozen=True)
class Threshold:
    """Accuracy to reach, and the standard deviation over seeds of the correct solution that varies most."""

    value: float
    spread: float


def threshold(check: str, embedded: bool = False) -> Threshold:
    """The threshold of "patch-xor" or "digits"; digits have one for MNIST and one for the embedded digits."""
    key = f"{check}, embedded" if embedded else check
    entry = json.loads(FILE.read_text(encoding="utf-8"))[key]
    return Threshold(float(entry["threshold"]), float(entry["spread"]))
