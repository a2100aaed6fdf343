"""Limits that the Linux kernel itself keeps, for each process of a session."""

from __future__ import annotations

import resource
from typing import Any

MEGABYTE = 1 << 20


def apply(limits: dict[str, Any], gpu: bool) -> None:
    """Set the limits of this process and its children-to-be.

    Memory: what this process has already, which it shares with the warm parent, plus the session's limit and
    a quarter, so that a request that is far too large fails with MemoryError; the watchdog keeps the exact
    limit.
    """
    memory = limits["memory_mb"] * MEGABYTE
    scratch = limits["scratch_mb"] * MEGABYTE
    cpu = int(limits["cpu_s"]) + 2
    _set(resource.RLIMIT_DATA, _already("VmData") + memory + memory // 4 + 256 * MEGABYTE)
    if not gpu:  # a GPU's driver reserves addresses by the terabyte
        _set(resource.RLIMIT_AS, _already("VmSize") + 2 * memory + 8192 * MEGABYTE)
    _set(resource.RLIMIT_NPROC, 2 * limits["processes"] + 256)  # threads count here
    _set(resource.RLIMIT_CPU, cpu)
    _set(resource.RLIMIT_FSIZE, scratch)
    _set(resource.RLIMIT_NOFILE, 2048)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_MSGQUEUE, 0)
    _set(resource.RLIMIT_NICE, 0)
    _set(resource.RLIMIT_RTPRIO, 0)


def _set(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _already(name: str) -> int:
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {name}")
