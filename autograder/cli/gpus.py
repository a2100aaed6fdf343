"""Where the tests of a run that need a GPU go: `--device`, `--cluster`, and what this machine has."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from autograder.sandbox import Gpu, NoGpuError, found_gpus

if TYPE_CHECKING:
    from autograder.course import Assignment
    from autograder.grading.settings import GradingSettings


@dataclass
class GpuChoice:
    """`device` as the user chose it; `elsewhere`: on a cluster, whose workers look for their GPUs themselves."""

    device: Literal["auto", "cpu", "gpu"]
    assignment: Assignment
    settings: GradingSettings
    elsewhere: bool = False

    def check(self) -> None:
        """Before anything is graded: a GPU that is asked for must be there. Raises NoGpuError."""
        if self.device == "gpu" and not self.elsewhere:
            from autograder.grading.gpu import present_gpus

            present_gpus(lambda: self._present)

    def possible(self) -> bool:
        """Whether there may be one; known at once."""
        return self.elsewhere or (self.device != "cpu" and bool(self._present))

    def usable(self) -> bool:
        """Whether there is one; asks the assignment's framework, which takes some seconds. Raises NoGpuError."""
        return self.elsewhere or bool(self.here())

    def here(self) -> tuple[Gpu, ...]:
        """The GPUs of this machine to be used. With `auto`, none and a word about the reason where they are no use;
        raises NoGpuError with `gpu`."""
        return () if self.elsewhere or not self.possible() else self._asked

    @functools.cached_property
    def _present(self) -> tuple[Gpu, ...]:
        return found_gpus()

    @functools.cached_property
    def _asked(self) -> tuple[Gpu, ...]:
        from autograder.grading.gpu import usable_gpus

        try:
            return usable_gpus(self.assignment.profile, self.settings.isolation, found=lambda: self._present)
        except NoGpuError as reason:
            if self.device == "gpu":
                raise
            from rich.text import Text

            from autograder.cli.console import err

            err.print(Text(f"{reason} Tests that need a GPU stay open.", "yellow"))
            return ()
