"""Landlock: a second wall around the files, and around the network where there is no network namespace.

It stands behind the private root: where that fails or is missing, the same paths are still all that opens.
Source of the numbers: linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct

from autograder.sandbox import linux

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

_OWN_THREADS = "/proc/self/task"

_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract Unix sockets, signals


def version() -> int:
    """The kernel's Landlock ABI, at least 1. Raises OSError where there is none."""
    return linux.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG, what="Landlock")


def restrict(
    readable: tuple[str, ...], writable: tuple[str, ...], network: bool, names_threads: bool = False
) -> None:
    """From now on this process opens only these paths. `network`: TCP stays allowed. Raises OSError.

    `names_threads`: it may write to the files of its own threads in /proc (not to those of other processes, its
    children's neither). CUDA's driver writes the names of threads there while it starts, and gives up with error 304
    where it cannot.
    """
    abi = version()
    handled = (1 << 13) - 1
    handled |= _REFER if abi >= 2 else 0
    handled |= _TRUNCATE if abi >= 3 else 0
    handled |= _IOCTL_DEV if abi >= 5 else 0
    tcp = _TCP if abi >= 4 and not network else 0
    scopes = _SCOPES if abi >= 6 else 0
    attributes = struct.pack("=QQQ", handled, tcp, scopes)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = linux.syscall(_CREATE_RULESET, attributes, len(attributes), 0, what="Landlock rules")
    try:
        for path in readable:
            _allow(ruleset, path, handled & _READ)
        for path in writable:
            _allow(ruleset, path, handled & ~(_MAKE_CHAR | _MAKE_BLOCK))
        if names_threads:
            _keep_open(_OWN_THREADS)
            _allow(ruleset, _OWN_THREADS, handled & (_READ | _WRITE_FILE | _TRUNCATE))
        linux.syscall(_RESTRICT_SELF, ruleset, 0, what="Landlock")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    if not os.path.isdir(path):
        rights &= _OF_FILES
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, parent))
        linux.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0, what=f"Landlock rule for {path}")
    finally:
        os.close(parent)


def _keep_open(folder: str) -> None:
    """Until the process ends: a rule holds for a folder of /proc only as long as Linux does not make it anew."""
    os.open(folder, os.O_PATH | os.O_CLOEXEC)
