"""From a fork of the warm parent to a running kernel: what both processes of a session do before student code
runs.

    warm parent -fork-> first process (namespaces, files, unprivileged user) -fork-> kernel (limits, walls)
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import traceback
from typing import Any, NoReturn

from autograder.sandbox import (
    kernel,
    landlock,
    limits,
    linux,
    messages,
    namespaces,
    profiles,
    root,
    seccomp,
    supervise,
)
from autograder.sandbox.names import CHANNELS, HOME, SCRATCH
from autograder.sandbox.watchdog import Watchdog

_PR_SET_CHILD_SUBREAPER = 36
_NICENESS = 5  # where processors are scarce, the grader and the session's watchdog come first


def start(request: dict[str, Any], fds: list[int]) -> NoReturn:
    """Run the session in this process, a fresh fork of the warm parent. `fds`: the channels, the wire, the
    lifeline.
    """
    *channels, wire, lifeline_fd = fds
    lifeline = socket.socket(fileno=lifeline_fd)
    try:
        _become_first_process(request, dict(zip(CHANNELS, channels, strict=True)), wire, lifeline)
    except BaseException:  # noqa: BLE001 - nothing may return into the warm parent's loop
        _report(lifeline)
    os._exit(1)


def _become_first_process(
    request: dict[str, Any], channels: dict[str, int], wire: int, lifeline: socket.socket
) -> None:
    layers = frozenset(request["layers"])
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    _close_all_but({*channels.values(), wire, lifeline.fileno()})
    os.setsid()
    home = _arrange(layers, request)
    linux.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if "seccomp" in layers:
        seccomp.prepare().load()  # binds this process and all that it forks
    child = os.fork()
    if child == 0:
        try:
            _become_kernel(request, layers, home, lifeline)
            kernel.run(channels, wire, request["key"])
        except BaseException:  # noqa: BLE001 - told to the grader while the lifeline is open, then ended
            _report(lifeline)
        os._exit(1)
    for fd in (*channels.values(), wire):
        os.close(fd)
    if "capabilities" in layers:
        linux.set_capabilities(
            frozenset({linux.CAP_KILL, linux.CAP_SYS_PTRACE}) if "user" in layers else frozenset()
        )
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    watchdog = Watchdog(request["limits"], request["wall_s"], child, private_proc="pid" in layers)
    supervise.run(child, lifeline, watchdog, "watchdog" in layers, "pid" in layers)
    os._exit(0)


def _arrange(layers: frozenset[str], request: dict[str, Any]) -> str:
    """Enter the namespaces, make the files, drop to the session's user; returns the home folder."""
    session_id = namespaces.session_id(request["session_id"])
    namespaces.enter(layers)
    plan = root.Plan(
        scratch_mb=request["limits"]["scratch_mb"],
        hand_out=tuple((source, target) for source, target in request["hand_out"]),
        hide=tuple(request["hide"]),
        gpu=request["gpu"],
    )
    home = HOME
    if "mount" in layers:
        root.build(plan, session_id, private_proc="pid" in layers)
    elif "pid" in layers:
        root.build_without_walls(plan, session_id)
    else:
        home = _plain_home(request, session_id)
    with contextlib.suppress(OSError):  # no keyrings in this kernel
        linux.leave_session_keyring()
    namespaces.drop_to_session_user(layers, session_id)
    return home


def _plain_home(request: dict[str, Any], owner: int) -> str:
    """Without mount namespaces: a folder in the grader's private one, removed by the grader."""
    home = request["plain_home"]
    os.makedirs(f"{home}/work")
    os.chmod(
        os.path.dirname(home), 0o711
    )  # the session's user passes through the grader's folder, sees nothing in it
    for source, target in request["hand_out"]:
        link = target.replace(HOME, home, 1)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(source, link)
    shutil.chown(home, owner, owner)
    shutil.chown(f"{home}/work", owner, owner)
    return str(home)


def _become_kernel(
    request: dict[str, Any], layers: frozenset[str], home: str, lifeline: socket.socket
) -> None:
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")  # when memory runs out, this is what Linux ends first
    os.setsid()
    os.nice(_NICENESS)
    scratch = SCRATCH if home == HOME else f"{home}/work"
    os.chdir(scratch)
    _set_environment(request, home)
    _start_randomness_from(request["seed"])
    sys.path.append(scratch)  # last: a student's file must not stand in for an installed module
    sys.argv[:] = [""]
    if "rlimits" in layers:
        limits.apply(request["limits"], request["gpu"] is not None)
    if "capabilities" in layers:
        linux.set_capabilities(frozenset())
    linux.prctl(linux.PR_SET_DUMPABLE, 1)
    if "landlock" in layers:
        writable = root.writable() if home == HOME else (home, "/tmp", "/dev")
        on_gpu = request["gpu"] is not None
        landlock.restrict(root.readable(), writable, network="net" in layers, names_threads=on_gpu)
    messages.send(lifeline, {"event": "started"})
    lifeline.close()


def _set_environment(request: dict[str, Any], home: str) -> None:
    threads = str(request["limits"]["threads"])
    wanted = {
        "HOME": home,
        "USER": "student",
        "LOGNAME": "student",
        "SHELL": "/bin/sh",
        "PATH": f"{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": "/tmp",
        "MPLBACKEND": profiles.INLINE,
        "MPLCONFIGDIR": f"{home}/.config/matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "KERAS_HOME": f"{home}/.keras",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if request["gpu"] is None:
        wanted["CUDA_VISIBLE_DEVICES"] = ""
    else:
        wanted["CUDA_VISIBLE_DEVICES"] = request["gpu"]["uuid"]
        wanted["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # the student's code and the reference share its memory
    os.environ.clear()
    os.environ.update(wanted)


def _start_randomness_from(seed: int) -> None:
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed)
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        tensorflow.random.set_seed(seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


def _close_all_but(kept: set[int]) -> None:
    low = 3
    for fd in sorted(kept):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _report(lifeline: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        messages.send(lifeline, {"event": "failed", "error": traceback.format_exc(limit=-6)[-6000:]})
