"""Namespaces: of the warm parent, of a session, and which of them this machine grants.

The warm parent of an ordinary user enters a user namespace first and has the rights there that root has
outside, so that all later steps are the same for both: the files are arranged with those rights, and only
then does the session enter its own user namespace, from which nothing of that arrangement can be undone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import struct
from collections.abc import Callable, Iterable

from autograder.sandbox import landlock, linux, root, seccomp
from autograder.sandbox.names import FIRST_SESSION_ID, LAYERS, SCRATCH

INNER_ID = 1000  # the student's user and group, seen from inside

_FLAGS = {
    "mount": linux.CLONE_NEWNS,
    "net": linux.CLONE_NEWNET,
    "ipc": linux.CLONE_NEWIPC,
    "uts": linux.CLONE_NEWUTS,
    "cgroup": linux.CLONE_NEWCGROUP,
}


def enter_own_pid_namespace() -> int | None:
    """Continue in a child that is the first process of a new process namespace; its descriptor, or None if
    refused.

    The calling process stays behind, waits, and takes the child with it when it is killed.
    """
    try:
        if os.geteuid() == 0:
            linux.unshare(linux.CLONE_NEWPID)
        else:
            user, group = os.geteuid(), os.getegid()
            linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWPID)
            _map_ids(user, user, group, group)
    except OSError:
        return None  # `try_layers` will say what is missing
    child = os.fork()
    if child:
        os.closerange(0, 256)
        os.waitpid(child, 0)
        os._exit(0)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):  # `try_layers` will say that too
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount("", "/", flags=linux.MS_REC | linux.MS_SLAVE)
        root.mount_proc()
    return os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def fork(layers: Iterable[str], own: int | None) -> int:
    """Fork; with the layer "pid" the child is the first process of a process namespace. Raises OSError."""
    if "pid" not in layers or own is None:
        return os.fork()
    linux.unshare(linux.CLONE_NEWPID)
    child = -1
    try:
        child = os.fork()
    finally:
        if child != 0:
            linux.setns(own, linux.CLONE_NEWPID)
    return child


def enter(layers: frozenset[str]) -> None:
    """Enter all namespaces of a session but the user namespace; in the new network, bring `lo` up."""
    flags = 0
    for name in layers & _FLAGS.keys():
        flags |= _FLAGS[name]
    if "pid" in layers:
        flags |= linux.CLONE_NEWNS  # for a /proc of its own
    linux.unshare(flags)
    if "uts" in layers:
        socket.sethostname("sandbox")
    if "net" in layers:
        _bring_loopback_up()


def drop_to_session_user(layers: frozenset[str], session_id: int) -> None:
    """Become the session's unprivileged user in a user namespace of its own."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(session_id, session_id, session_id)
        os.setresuid(session_id, session_id, session_id)
    if "user" in layers:
        user, group = os.geteuid(), os.getegid()
        linux.unshare(linux.CLONE_NEWUSER)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else the files of this process in /proc belong to root
    if "user" in layers:
        _map_ids(INNER_ID, user, INNER_ID, group)


def session_id(wanted: int) -> int:
    """The user id for a session: `wanted` if the grader is root and has such an id, else the grader's own."""
    if os.geteuid() != 0:
        return os.geteuid()
    with open("/proc/self/uid_map", encoding="ascii") as file:
        ranges = [tuple(map(int, line.split())) for line in file]
    if any(first <= wanted < first + length for first, _, length in ranges):
        return wanted
    top = max(first + length for first, _, length in ranges)  # a container with few ids
    return top - 1 - wanted % min(4096, top // 2)


def try_layers() -> dict[str, str]:
    """Try every layer in a child process: its name -> "" where it works, else what the kernel said."""
    trials: dict[str, Callable[[], None]] = {
        "user": lambda: drop_to_session_user(frozenset({"user"}), session_id(FIRST_SESSION_ID)),
        "mount": _try_mount,
        "pid": _try_pid,
        "seccomp": _try_seccomp,
        "landlock": _try_landlock,
    }
    for name in ("net", "ipc", "uts", "cgroup"):
        trials[name] = lambda name=name: enter(frozenset({name}))  # type: ignore[misc]
    return {name: _in_child(trials[name]) if name in trials else "" for name in LAYERS}


def _try_mount() -> None:
    linux.unshare(linux.CLONE_NEWNS)
    user = session_id(FIRST_SESSION_ID)
    root.build(root.Plan(scratch_mb=1), user, private_proc=False)
    drop_to_session_user(frozenset(), user)
    for folder in root.installation():
        os.listdir(folder)
    with open(os.__file__, "rb"), open(f"{SCRATCH}/x", "w", encoding="ascii"):
        pass  # the session's user can read the installation and write to its folder


def _try_pid() -> None:
    linux.unshare(linux.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        try:
            linux.unshare(linux.CLONE_NEWNS)
            root.mount_proc()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno or 1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise OSError(code, f"mount a private /proc: {os.strerror(code)}")


def _try_seccomp() -> None:
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.prepare().load()


def _try_landlock() -> None:
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    landlock.restrict(readable=("/",), writable=("/tmp",), network=False)


def _in_child(trial: Callable[[], None]) -> str:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            trial()
        except BaseException as error:  # noqa: BLE001 - any reason why a layer does not work is the answer
            os.write(write, (str(error) or type(error).__name__).encode()[:2000])
        os._exit(0)
    os.close(write)
    with open(read, "rb") as file:
        answer = file.read().decode(errors="replace")
    os.waitpid(child, 0)
    return answer


def _map_ids(inner_user: int, user: int, inner_group: int, group: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{inner_user} {user} 1")
    _write("/proc/self/gid_map", f"{inner_group} {group} 1")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _bring_loopback_up() -> None:
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, siocgifflags, request), 16)
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sh22x", b"lo", flags | iff_up))
