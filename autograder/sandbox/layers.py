"""Every layer of isolation: what it is for, whether this machine grants it, and what brings it where not.

The state is found by trying: a process like the one that grades enters each namespace, builds the files,
loads the filters, and says what failed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.sandbox.names import LAYERS, NOT_REQUIRED
from autograder.sandbox.parent import WarmParent

State = Literal["active", "missing", "not needed"]


@dataclass(frozen=True)
class Layer:
    """One layer as `autograder doctor` shows it. `costs` says what is lost without it; `remedy` how to get
    it.
    """

    name: str
    state: State
    costs: str
    remedy: str
    reason: str = ""  # what Linux said, where it is missing


def probe() -> tuple[Layer, ...]:
    """Try every layer on this machine; takes about a second. Raises SandboxError if no process can be
    started.
    """
    with WarmParent("none") as trial:
        found = trial.layers
    return (*(_layer(name, found[name]) for name in LAYERS), _gpu())


def _layer(name: str, reason: str) -> Layer:
    costs, remedy = _ABOUT[name]
    if not reason:
        return Layer(name, "active", costs, remedy())
    if name in NOT_REQUIRED:
        return Layer(name, "not needed", costs, remedy(), reason)
    return Layer(name, "missing", costs, remedy(), reason)


def _gpu() -> Layer:
    """Devices of a GPU are shown only to gradings that need one; on a machine without there is nothing to
    keep away.
    """
    costs = "Every session could use the GPU, and read what another left in its memory."
    present = any(Path("/dev").glob("nvidia*"))
    return Layer("gpu devices kept out", "active" if present else "not needed", costs, "")


def _allow_namespaces() -> str:
    """The command for the reason why this machine refuses namespaces."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return (
            "start the container with --cap-add=SYS_ADMIN --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"
        )
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    if _setting("user/max_user_namespaces") == "0":
        return "sudo sysctl -w user.max_user_namespaces=15000"
    if os.geteuid() != 0:
        return "a kernel with user namespaces (CONFIG_USER_NS), or grade as root"
    return "a kernel with namespaces, and CAP_SYS_ADMIN for the grader"


def _files() -> str:
    return f"{_allow_namespaces()}; where files cannot be read: chmod -R o+rX the folders of the Python installation"


def _install_libseccomp() -> str:
    if Path("/usr/bin/apt-get").exists():
        return "sudo apt-get install libseccomp2"
    if Path("/usr/bin/dnf").exists():
        return "sudo dnf install libseccomp"
    return "install libseccomp with the system's package manager"


def _enable_landlock() -> str:
    enabled = Path("/sys/kernel/security/lsm")
    names = enabled.read_text(encoding="ascii").strip() if enabled.exists() else ""
    others = f",{names}" if names else ",…"
    return f"Linux 5.13 or later, booted with lsm=landlock{others}"


def _always() -> str:
    return "Linux"


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except OSError:
        return ""


_ABOUT: dict[str, tuple[str, Callable[[], str]]] = {
    "user": (
        "Student code runs with the grader's own identity: what its user may read or signal, the code may, too.",
        _allow_namespaces,
    ),
    "mount": (
        "Student code sees the files of this machine: hidden tests, solutions, other hand-ins, the gradebook.",
        _files,
    ),
    "pid": (
        "Student code sees other processes and can signal those of its user; it can leave processes behind.",
        _allow_namespaces,
    ),
    "net": ("Student code reaches the network, and services of this machine.", _allow_namespaces),
    "ipc": ("Shared memory can pass from one submission to another.", _allow_namespaces),
    "uts": ("Student code learns the name of this machine.", _allow_namespaces),
    "cgroup": ("Student code learns the names of this machine's control groups.", _allow_namespaces),
    "capabilities": ("A session of root's keeps rights of root's.", _always),
    "seccomp": (
        "Student code may use every system call: tracing, keyrings, io_uring, rarely used and often broken ones.",
        _install_libseccomp,
    ),
    "landlock": (
        "There is no second wall around the files: one mistake in the first would show them.",
        _enable_landlock,
    ),
    "rlimits": ("One process can use up memory, files or processes before the watchdog sees it.", _always),
    "watchdog": ("A session can run, fork and grow without end.", _always),
}
