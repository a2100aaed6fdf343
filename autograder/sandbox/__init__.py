"""Warm, isolated kernels: a Jupyter kernel provisioner that forks student sessions from a process that is
ready.

The names are loaded when they are first used: the warm parent imports this package too, and must not take the
grader's modules into the process that student code is forked from.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.sandbox.kernelspecs import install_kernelspecs
    from autograder.sandbox.layers import Layer, probe
    from autograder.sandbox.live import Usage
    from autograder.sandbox.manager import SandboxKernelManager, kernel_manager
    from autograder.sandbox.parent import WarmParent, shared_parent
    from autograder.sandbox.provisioner import SandboxProvisioner
    from autograder.sandbox.spec import IsolationError, SandboxError, SandboxSpec

__all__ = [
    "IsolationError",
    "Layer",
    "SandboxError",
    "SandboxKernelManager",
    "SandboxProvisioner",
    "SandboxSpec",
    "Usage",
    "WarmParent",
    "install_kernelspecs",
    "kernel_manager",
    "probe",
    "shared_parent",
]

_HOMES = {
    "IsolationError": "spec",
    "Layer": "layers",
    "SandboxError": "spec",
    "SandboxKernelManager": "manager",
    "SandboxProvisioner": "provisioner",
    "SandboxSpec": "spec",
    "Usage": "live",
    "WarmParent": "parent",
    "install_kernelspecs": "kernelspecs",
    "kernel_manager": "manager",
    "probe": "layers",
    "shared_parent": "parent",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
