"""How gradings are made on this machine. Imports nothing heavy: whoever only plans a run needs it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograder.secret import TermSecret


@dataclass(frozen=True)
class GradingSettings:
    """How gradings are made on this machine; none of it is the student's choice."""

    isolation: Literal["full", "weak"] = "full"
    device: Literal["cpu", "gpu"] = "cpu"
    only_gpu: bool = False  # a deferred grading: just the items that wait for a GPU
    secret: TermSecret | None = None  # None: read on this machine
    layers_off: frozenset[str] = frozenset()
