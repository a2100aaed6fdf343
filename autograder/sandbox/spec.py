"""What a sandbox is asked to be: profile, limits, what is handed out, how strict."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autograder.course import Limits
from autograder.mistakes import Mistake
from autograder.sandbox import root
from autograder.sandbox.gpus import Gpu
from autograder.sandbox.names import HOME, LAYERS, SCRATCH

GPU_HOST_MB = 4096  # of a CUDA context, its libraries and copies on their way to the device


class SandboxError(Mistake):
    """A sandbox could not be made or was lost."""


class IsolationError(SandboxError):
    """A layer of isolation that grading requires is missing on this machine."""


@dataclass(frozen=True)
class SandboxSpec:
    """One sandbox.

    `hand_out` pairs a path of this machine with where it appears inside, read-only: an absolute path, one
    that starts with `~/`, or one relative to the working directory. `hide` names folders of this machine that
    must be empty inside even if they stand within the Python installation (the course's folder). `wall_s`
    bounds the whole session; None allows the notebook's wall time plus the session's CPU time. `seed` is what
    randomness starts from that the student did not seed, so that every run of a submission sees the same
    numbers. `gpu` is the one whose devices the session sees; None: no GPU. `layers_off` is for tests.
    """

    profile: Literal["tensorflow", "torch"] = "tensorflow"
    limits: Limits = field(default_factory=Limits)
    hand_out: tuple[tuple[Path, str], ...] = ()
    hide: tuple[Path, ...] = ()
    gpu: Gpu | None = None
    isolation: Literal["full", "weak"] = "full"
    wall_s: float | None = None
    seed: int = 0
    layers_off: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = self.layers_off - set(LAYERS)
        if unknown:
            raise ValueError(f"no such layers: {', '.join(sorted(unknown))}; there are {', '.join(LAYERS)}")
        for host, _ in self.hand_out:
            if not host.exists():
                raise SandboxError(f"{host} is to be handed out and does not exist")

    @property
    def session_wall_s(self) -> float:
        return self.wall_s if self.wall_s is not None else self.limits.notebook_s + self.limits.cpu_s

    def as_request(self) -> dict[str, Any]:
        """Plain data for the warm parent."""
        return {
            "limits": self._session_limits().model_dump(),
            "wall_s": self.session_wall_s,
            "hand_out": [[str(host.resolve()), place_inside(inside)] for host, inside in self.hand_out],
            # Only what would be seen otherwise: the request stays in the memory that student code can read.
            "hide": [str(path) for path in map(Path.resolve, self.hide) if root.shows(str(path))],
            "gpu": None if self.gpu is None else {"uuid": self.gpu.uuid, "node": self.gpu.node},
            "seed": self.seed,
            "layers_off": sorted(self.layers_off),
        }

    def _session_limits(self) -> Limits:
        """With room for what a GPU's driver and libraries keep in this machine's memory."""
        if self.gpu is None:
            return self.limits
        return self.limits.model_copy(update={"memory_mb": self.limits.memory_mb + GPU_HOST_MB})


def place_inside(path: str) -> str:
    """The absolute path inside the sandbox that `path` stands for."""
    if path.startswith("/"):
        return path
    return f"{HOME}/{path[2:]}" if path.startswith("~/") else f"{SCRATCH}/{path}"
