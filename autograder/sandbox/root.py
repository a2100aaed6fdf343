"""The files a session sees: a new root in memory that holds the installation and nothing of the grader's.

Built by a process that still has the right to mount; the kernel that runs in it has not.
"""

from __future__ import annotations

import contextlib
import glob
import os
import site
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.sandbox import linux
from autograder.sandbox.names import HOME, SCRATCH

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types")
_GPU_DEVICES = (
    "nvidiactl",
    "nvidia-uvm",
    "nvidia-uvm-tools",
    "nvidia-modeset",
    "nvidia-caps/*",
)  # of them all
_DEVICES = ("null", "zero", "full", "random", "urandom")
_PROTECTED = linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV
_OLD = "/.outside"

_SYNTHETIC = {
    "/etc/passwd": f"root:x:0:0::/nonexistent:/bin/false\nstudent:x:1000:1000::{HOME}:/bin/sh\n"
    "nobody:x:65534:65534::/nonexistent:/bin/false\n",
    "/etc/group": "root:x:0:\nstudent:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/resolv.conf": "",
    "/etc/hostname": "sandbox\n",
    "/etc/machine-id": "",
}


@dataclass(frozen=True)
class Plan:
    """What one session's root holds besides the installation."""

    scratch_mb: int
    hand_out: tuple[tuple[str, str], ...] = ()
    hide: tuple[str, ...] = ()
    gpu: dict[str, str] | None = None  # the uuid and the device file of the one GPU to show


def installation() -> tuple[str, ...]:
    """The folders that Python runs from, the real path of each and the one it is known by; outermost only."""
    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    folders |= {
        path for path in sys.path if os.path.isdir(path) and path.endswith(("-packages", "lib-dynload"))
    }
    if site.ENABLE_USER_SITE and os.path.isdir(site.getusersitepackages()):
        folders.add(site.getusersitepackages())
    folders |= {os.path.realpath(folder) for folder in folders}
    folders |= {os.path.dirname(os.path.realpath(sys.executable))}
    return tuple(
        sorted(each for each in folders if not any(_is_below(each, other) for other in (*folders, *_SYSTEM)))
    )


def shows(path: str) -> bool:
    """Whether a folder of this machine stands within what every session sees."""
    return any(_is_below(path, folder) for folder in (*_SYSTEM, *installation()))


def build(plan: Plan, owner: int, private_proc: bool = True) -> None:
    """Replace the root of this process's mount namespace. `owner` will own what is writable. Raises OSError."""
    sources = {folder: os.path.realpath(folder) for folder in installation()}
    linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755,size=8m,nr_inodes=8k")
    os.chdir("/tmp")
    os.mkdir(_OLD[1:])
    linux.pivot_root(".", _OLD[1:])
    os.chdir("/")
    _system_folders()
    for target, source in sources.items():
        _bind(source, target)
    _etc()
    _scratch(plan, owner)
    _devices(plan.gpu)
    os.mkdir("/proc")
    if private_proc:
        mount_proc()
    else:
        linux.mount(f"{_OLD}/proc", "/proc", flags=linux.MS_BIND | linux.MS_REC)  # the warm parent's
    for source, target in plan.hand_out:
        _hand_out(source, target, owner)
    _hide(plan.hide, (*_SYSTEM, *sources))
    linux.umount(_OLD)
    os.rmdir(_OLD)
    flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("", "/", flags=flags)


def build_without_walls(plan: Plan, owner: int) -> None:
    """For the test that shows what the root is for: everything of the machine, a scratch folder over /home."""
    linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    _tmpfs("/home", plan.scratch_mb)
    _owned_folders(SCRATCH, owner)
    mount_proc()
    for source, target in plan.hand_out:
        _hand_out(source, target, owner, outside="")


def mount_proc() -> None:
    """Show the processes of this process's namespace, and no others, in /proc."""
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def readable() -> tuple[str, ...]:
    """What the session may read and run, for Landlock."""
    return tuple(path for path in (*_SYSTEM, *installation(), "/etc", "/proc") if os.path.isdir(path))


def writable() -> tuple[str, ...]:
    return ("/home", "/tmp", "/dev")


def _system_folders() -> None:
    for path in _SYSTEM:
        outside = _OLD + path
        if os.path.islink(outside):
            os.symlink(os.readlink(outside), path)
        elif os.path.isdir(outside):
            _bind(path, path)


def _etc() -> None:
    os.mkdir("/etc")
    for name in _ETC:
        outside = f"{_OLD}/etc/{name}"
        source = os.path.realpath(outside) if os.path.islink(outside) else outside
        if not source.startswith(_OLD):  # an absolute link, e.g. localtime -> /usr/share/zoneinfo/…
            source = _OLD + source
        if os.path.exists(source):
            _bind(source.removeprefix(_OLD), f"/etc/{name}")
    for path, text in _SYNTHETIC.items():
        with open(path, "w", encoding="ascii") as file:
            file.write(text)


def _scratch(plan: Plan, owner: int) -> None:
    """One file system of bounded size for everything that is writable."""
    for folder in ("/home", "/tmp", "/dev", "/mnt"):
        os.mkdir(folder)
    os.mkdir("/dev/shm")
    _tmpfs("/mnt", plan.scratch_mb)
    for name, target, mode in (
        ("home", "/home", 0o755),
        ("tmp", "/tmp", 0o1777),
        ("shm", "/dev/shm", 0o1777),
    ):
        os.mkdir(f"/mnt/{name}")
        os.chmod(f"/mnt/{name}", mode)
        linux.mount(f"/mnt/{name}", target, flags=linux.MS_BIND)
    linux.umount("/mnt")
    _owned_folders(SCRATCH, owner)


def _tmpfs(target: str, size_mb: int) -> None:
    inodes = max(20_000, 32 * size_mb)
    options = f"mode=755,size={size_mb}m,nr_inodes={inodes}"
    linux.mount("tmpfs", target, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def _devices(gpu: dict[str, str] | None) -> None:
    for name in _DEVICES:
        _bind_device(f"/dev/{name}")
    if gpu is not None and gpu["node"]:
        shared = (path for name in _GPU_DEVICES for path in glob.glob(f"{_OLD}/dev/{name}"))
        for path in (gpu["node"], *sorted(path.removeprefix(_OLD) for path in shared)):
            _bind_device(path)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"/dev/{name}")
    os.mkdir("/dev/pts")
    flags = linux.MS_NOSUID | linux.MS_NOEXEC
    linux.mount("devpts", "/dev/pts", "devpts", flags, "newinstance,ptmxmode=0666,mode=620,max=64")
    os.symlink("pts/ptmx", "/dev/ptmx")


def _bind_device(path: str) -> None:
    _touch(path)
    linux.mount(_OLD + path, path, flags=linux.MS_BIND)
    linux.set_mount_attributes(path, linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NOEXEC)


def _hand_out(source: str, target: str, owner: int, outside: str = _OLD) -> None:
    if owner != os.geteuid() and not os.stat(outside + source).st_mode & stat.S_IROTH:
        raise PermissionError(
            f"{source} is to be handed out, and only its owner can read it: chmod -R o+rX {source}"
        )
    _owned_folders(os.path.dirname(target), owner)
    _bind(source, target, outside)


def _hide(paths: Iterable[str], shown: tuple[str, ...]) -> None:
    for path in paths:
        if any(_is_below(path, folder) for folder in shown) and os.path.isdir(path):
            linux.mount("tmpfs", path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755,size=4k")
            linux.set_mount_attributes(path, _PROTECTED)


def _bind(source: str, target: str, outside: str = _OLD) -> None:
    """Show the machine's `source` at `target`, read-only."""
    if os.path.isdir(outside + source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _touch(target)
    linux.mount(outside + source, target, flags=linux.MS_BIND | linux.MS_REC)
    linux.set_mount_attributes(target, _PROTECTED)


def _touch(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb"):
        pass


def _owned_folders(path: str, owner: int) -> None:
    """Make `path`; what lies in the student's home is the student's."""
    for folder in _parents(path):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)
            if _is_below(folder, os.path.dirname(HOME)):
                os.chown(folder, owner, owner)


def _parents(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) for i in range(len(parts))]


def _is_below(path: str, folder: str) -> bool:
    return path != folder and path.startswith(folder.rstrip("/") + "/")
