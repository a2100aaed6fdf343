"""What a grading computes with: the device, its driver, the versions of the libraries."""

from __future__ import annotations

import functools
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from autograder import __version__
from autograder.sandbox import Gpu


def versions(profile: Literal["tensorflow", "torch"], gpu: Gpu | None = None) -> dict[str, str]:
    """Library -> version; on a GPU also those of CUDA and cuDNN, as the framework names them."""
    found = {"autograder": __version__, "python": sys.version.split()[0], profile: version(profile)}
    return {**found, **dict(gpu.libraries if gpu is not None else ())}


def measured_on(profile: Literal["tensorflow", "torch"], gpu: Gpu | None = None) -> dict[str, str]:
    """What a measured speed holds for: `device`, `driver` where there is one, and the versions of the libraries."""
    device = {"device": gpu.name, "driver": gpu.driver} if gpu is not None else {"device": processor()}
    return {**{name: value for name, value in device.items() if value}, **versions(profile, gpu)}


@functools.cache
def processor() -> str:
    """The model of this machine's processor, as Linux names it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()
