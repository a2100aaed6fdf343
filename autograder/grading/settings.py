"""How gradings are made on this machine. Imports nothing heavy: whoever only plans a run needs it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograder.sandbox import Gpu
from autograder.secret import TermSecret


@dataclass(frozen=True)
class GradingSettings:
    """How gradings are made on this machine; none of it is the student's choice."""

    isolation: Literal["full", "weak"] = "full"
    device: Literal["cpu", "gpu"] = "cpu"  # "gpu": just the tests that need one, "cpu": all the others
    gpus: tuple[Gpu, ...] = ()  # those to grade on; none: the machine that grades looks for its own
    secret: TermSecret | None = None  # None: read on this machine
    layers_off: frozenset[str] = frozenset()
