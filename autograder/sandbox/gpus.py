"""The GPUs of this machine, and the lock that lets one grading at a time use each of them.

They are listed by the driver's own tool, `nvidia-smi`, or by the driver's folder in /proc where that tool is not
installed. Whether a framework can compute on them inside a sandbox is another question: see `grading/gpu.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.mistakes import Mistake

LOCKS = Path("/tmp")  # not TMPDIR: every process of this machine has to find the same files
_PROC = Path("/proc/driver/nvidia")
_SMI_S = 60.0
_LARGEST_LISTING = 4_000_000
_WAIT_S = 0.1
_last_used = ""  # this process's GPU of before: the reference solution may still be warm on it


@dataclass(frozen=True)
class Gpu:
    """One GPU. `uuid` is the driver's name for it; `node` its device file, `""` where it has none.

    `libraries` are name and version of what computes on it (CUDA, cuDNN), once a framework has been asked.
    """

    uuid: str
    name: str
    driver: str = ""
    node: str = ""
    libraries: tuple[tuple[str, str], ...] = ()


class NoGpuError(Mistake):
    """No GPU of this machine can be used. The sentence says why, and what to do."""


def found_gpus(environment: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """The GPUs of this machine that `CUDA_VISIBLE_DEVICES` leaves visible, in the order of the driver's list.

    Empty where there is none, or no driver.
    """
    listed = _of_smi() or of_proc(_PROC)
    return visible(listed, environment.get("CUDA_VISIBLE_DEVICES"))


def visible(gpus: Sequence[Gpu], setting: str | None) -> tuple[Gpu, ...]:
    """Those that a value of CUDA_VISIBLE_DEVICES names, in its order; as CUDA has it, the first name that is
    unknown ends the list. Numbers are places in the driver's list."""
    if setting is None:
        return tuple(gpus)
    chosen: list[Gpu] = []
    for name in (part.strip() for part in setting.split(",")):
        if name.isdecimal():
            matching = list(gpus[int(name) : int(name) + 1])
        else:
            matching = [gpu for gpu in gpus if name and gpu.uuid.startswith(name)]
        if len(matching) != 1 or matching[0] in chosen:
            break
        chosen.append(matching[0])
    return tuple(chosen)


@contextlib.contextmanager
def reserved_gpu(gpus: Sequence[Gpu], folder: Path = LOCKS) -> Iterator[Gpu]:
    """Wait for one of `gpus` that no other process of this machine grades on, and keep the others off it.

    Linux gives a lock back when its process ends, however that ends. Raises NoGpuError if `gpus` is empty.
    """
    global _last_used
    if not gpus:
        raise NoGpuError("This grading needs a GPU, and was given none.")
    preferred = sorted(gpus, key=lambda gpu: gpu.uuid != _last_used)
    with contextlib.ExitStack() as open_files:
        locks = [(gpu, open_files.enter_context(_lock_file(gpu, folder))) for gpu in preferred]
        while True:
            free = next((gpu for gpu, descriptor in locks if _locked(descriptor)), None)
            if free is not None:
                break
            time.sleep(_WAIT_S)
        _last_used = free.uuid
        yield free


def _locked(descriptor: int) -> bool:
    """Take the lock, if nobody has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _lock_file(gpu: Gpu, folder: Path) -> Iterator[int]:
    """A descriptor of the GPU's lock file. The file stays: removing it would let two processes in."""
    name = hashlib.sha256(gpu.uuid.encode()).hexdigest()[:24]
    path = folder / f"autograder-gpu-{name}.lock"
    try:  # another account's file in /tmp can be opened, but not by a call that would also create it
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def driver_path(environment: Mapping[str, str] = os.environ) -> str:
    """The folders of LD_LIBRARY_PATH that hold the driver's library, where it is not in the system's own."""
    folders = environment.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if folder and Path(folder, "libcuda.so.1").exists())


def _of_smi() -> tuple[Gpu, ...]:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/nvidia/bin"))
    tool = shutil.which("nvidia-smi", path=path)
    if tool is None:
        return ()
    try:
        listing = subprocess.run([tool, "-q", "-x"], capture_output=True, timeout=_SMI_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):  # installed without a driver, or the driver does not answer
        return ()
    return of_listing(listing[:_LARGEST_LISTING])


def of_listing(listing: bytes) -> tuple[Gpu, ...]:
    """The GPUs in what `nvidia-smi -q -x` prints; none where it cannot be understood."""
    try:
        root = ET.fromstring(listing)
    except ET.ParseError:
        return ()
    driver = (root.findtext("driver_version") or "").strip()
    gpus = []
    for entry in root.iter("gpu"):
        uuid = (entry.findtext("uuid") or "").strip()
        name = (entry.findtext("product_name") or "GPU").strip()
        minor = (entry.findtext("minor_number") or "").strip()
        if uuid:
            gpus.append(Gpu(uuid, name, driver, f"/dev/nvidia{minor}" if minor.isdecimal() else ""))
    return tuple(gpus)


def of_proc(folder: Path) -> tuple[Gpu, ...]:
    """The GPUs that the driver lists in /proc/driver/nvidia."""
    try:
        driver = re.search(r"\s(\d+\.\d+(?:\.\d+)*)\s", (folder / "version").read_text(encoding="ascii"))
    except OSError:
        return ()
    gpus = []
    for path in sorted(folder.glob("gpus/*/information")):
        lines = (line.partition(":") for line in path.read_text(encoding="utf-8").splitlines())
        about = {key.strip(): value.strip() for key, _, value in lines}
        minor = about.get("Device Minor", "")
        if about.get("GPU UUID") and minor.isdecimal():
            name = about.get("Model", "GPU")
            gpus.append(
                Gpu(about["GPU UUID"], name, driver.group(1) if driver else "", f"/dev/nvidia{minor}")
            )
    return tuple(gpus)
