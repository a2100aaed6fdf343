"""The Linux system calls that Python does not offer, with their errors as OSError.

Only what the sandbox uses, through ctypes; constants are those of the kernel's own headers.
"""

from __future__ import annotations

import ctypes
import os
import struct

CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SLAVE = 1 << 19

MNT_DETACH = 2

MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
MOUNT_ATTR_NODEV = 0x4
MOUNT_ATTR_NOEXEC = 0x8

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

CAP_KILL = 5
CAP_SYS_PTRACE = 19
CAP_LAST = 40

AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
AT_RECURSIVE = 0x8000

KEYCTL_JOIN_SESSION_KEYRING = 1

# Numbers of calls that glibc has no wrapper for. Those above 423 are the same on every architecture.
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}
MACHINE = os.uname().machine

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None, what: str = "") -> int:
    """Make a system call by its number. Raises OSError."""
    converted = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _check(_libc.syscall(ctypes.c_long(number), *converted), what or f"system call {number}")


def unshare(flags: int) -> None:
    _check(_libc.unshare(ctypes.c_int(flags)), f"unshare({flags:#x})")


def setns(fd: int, kind: int) -> None:
    _check(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    _check(
        _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()),
        f"mount {source or kind} on {target}",
    )


def umount(target: str) -> None:
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str, old_root: str) -> None:
    syscall(_SYS_PIVOT_ROOT[MACHINE], new_root.encode(), old_root.encode(), what="pivot_root")


def set_mount_attributes(path: str, attributes: int) -> None:
    """Set mount attributes on `path` and every mount below it (kernel 5.12 and later)."""
    values = struct.pack("=QQQQ", attributes, 0, 0, 0)
    syscall(
        _SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE, values, len(values), what=f"protect {path}"
    )


def prctl(option: int, value: int = 0) -> int:
    zero = ctypes.c_ulong(0)
    return _check(_libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero), f"prctl({option}, {value})")


def set_capabilities(kept: frozenset[int]) -> None:
    """Keep these capabilities as effective and permitted; drop all others, and all from the bounding set."""
    for capability in range(CAP_LAST + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except (
            OSError
        ):  # not a capability of this kernel, or no right to drop it: then it cannot be gained either
            break
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    bits = sum(1 << capability for capability in kept)
    header = struct.pack("=Ii", 0x2008_0522, 0)
    low, high = bits & 0xFFFF_FFFF, bits >> 32
    data = struct.pack("=IIIIII", low, low, 0, high, high, 0)
    syscall(_SYS_CAPSET[MACHINE], header, data, what="capset")


def leave_session_keyring() -> None:
    """Swap the session's keyring, which may hold the user's keys, for an empty anonymous one."""
    syscall(_SYS_KEYCTL[MACHINE], KEYCTL_JOIN_SESSION_KEYRING, None, what="keyctl")
