"""Warm, isolated kernels: a Jupyter kernel provisioner that forks student sessions from a process that is
ready.

The names are loaded when they are first used: the warm parent imports this package too, and must not take the
grader's modules into the process that student code is forked from.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.sandbox.gpus import Gpu, NoGpuError, found_gpus, reserved_gpu
    from autograder.sandbox.kernelspecs import install_kernelspecs
    from autograder.sandbox.layers import Layer, probe
    from autograder.sandbox.live import Usage
    from autograder.sandbox.manager import SandboxKernelManager, kernel_manager
    from autograder.sandbox.parent import WarmParent, shared_parent
    from autograder.sandbox.provisioner import SandboxProvisioner
    from autograder.sandbox.spec import IsolationError, SandboxError, SandboxSpec

__all__ = [
    "Gpu",
    "IsolationError",
    "Layer",
    "NoGpuError",
    "SandboxError",
    "SandboxKernelManager",
    "SandboxProvisioner",
    "SandboxSpec",
    "Usage",
    "WarmParent",
    "found_gpus",
    "install_kernelspecs",
    "kernel_manager",
    "probe",
    "reserved_gpu",
    "shared_parent",
]

_HOMES = {
    "Gpu": "gpus",
    "IsolationError": "spec",
    "Layer": "layers",
    "NoGpuError": "gpus",
    "SandboxError": "spec",
    "SandboxKernelManager": "manager",
    "SandboxProvisioner": "provisioner",
    "SandboxSpec": "spec",
    "Usage": "live",
    "WarmParent": "parent",
    "found_gpus": "gpus",
    "install_kernelspecs": "kernelspecs",
    "kernel_manager": "manager",
    "probe": "layers",
    "reserved_gpu": "gpus",
    "shared_parent": "parent",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
