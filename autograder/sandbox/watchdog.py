"""What a session uses, counted over all its processes, and which limit it has passed.

Runs in the session's first process, whose /proc shows the session's processes and no others.
"""

from __future__ import annotations

import os
import resource
import time
from dataclasses import asdict, dataclass
from typing import Any

from autograder.sandbox.limits import MEGABYTE

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Use:
    """CPU seconds of all processes, also ended ones; memory in bytes beyond the warm parent's; processes
    alive.
    """

    cpu_s: float = 0.0
    memory: int = 0
    processes: int = 0
    peak_memory: int = 0
    peak_processes: int = 0

    def as_message(self) -> dict[str, Any]:
        return asdict(self)


class Watchdog:
    """Measures every process of the session but this one, its first; `kernel` is its main process.

    `private_proc`: /proc shows the session's processes and no others.
    """

    def __init__(self, limits: dict[str, Any], wall_s: float, kernel: int, private_proc: bool) -> None:
        self.use = Use()
        self._limits = limits
        self._deadline = time.monotonic() + wall_s
        self._wall_s = wall_s
        self._kernel = kernel
        self._private_proc = private_proc
        # As clock_getcpuclockid(3) makes it: the CPU time of a process, to the nanosecond.
        self._clock = (~kernel << 3) | 2
        self._ended_cpu_s = self._waited_cpu_s = 0.0
        self._cpu_s: dict[int, float] = {}
        self._inherited = self._anonymous(os.getpid())
        self._inherited_space = _address_space(os.getpid())

    def begin(self) -> None:
        """The session was forked ahead of time: its wall time counts from now."""
        self._deadline = time.monotonic() + self._wall_s

    def measure(self) -> Use:
        """Look at every process now."""
        now: dict[int, float] = {}
        waited, memory = _children_waited_for(), 0
        for pid in self.processes():
            try:
                now[pid], of_children = self._cpu_of(pid)
                waited += of_children
                memory += max(0, self._anonymous(pid) - self._inherited)
            except (OSError, ValueError, IndexError):
                now.pop(pid, None)  # it has ended meanwhile
        # Ended processes: what was last seen of them, or what the kernel added to the parents that waited for
        # them. Each misses something (short lives; parents that do not wait), neither counts too much.
        self._ended_cpu_s += sum(seconds for pid, seconds in self._cpu_s.items() if pid not in now)
        self._waited_cpu_s = max(self._waited_cpu_s, waited)
        self._cpu_s = now
        self.use.cpu_s = max(self._ended_cpu_s, self._waited_cpu_s) + sum(now.values())
        self.use.memory = memory
        self.use.processes = len(now)
        self.use.peak_memory = max(self.use.peak_memory, memory)
        self.use.peak_processes = max(self.use.peak_processes, len(now))
        return self.use

    def exceeded(self) -> str | None:
        """The limit that was passed, as the end of a sentence "the process ended: "."""
        limits = self._limits
        if time.monotonic() > self._deadline:
            return f"it exceeded its limit of {self._wall_s:g} s of time for everything"
        if self.use.cpu_s > limits["cpu_s"]:
            return f"it exceeded its limit of {limits['cpu_s']:g} s of computing time"
        if self.use.processes > limits["processes"]:
            return f"it exceeded its limit of {limits['processes']} processes"
        memory = limits["memory_mb"] * MEGABYTE
        if (self.use.memory > memory and self._exact_memory() > memory) or self._unseen_memory(
            memory
        ) > memory:
            return f"it exceeded its memory limit of {limits['memory_mb']} MB"
        return None

    def processes(self) -> list[int]:
        """Ids, as this process sees them, of all processes but this one."""
        me = os.getpid()
        if self._private_proc:
            return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != me]
        found = children(me)
        for pid in found:
            found.extend(children(pid))  # the list grows while it is walked
        return found

    def _cpu_of(self, pid: int) -> tuple[float, float]:
        """Seconds of this process, and of the ended children that it waited for."""
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        own = (int(fields[11]) + int(fields[12])) / _TICK
        if pid == self._kernel:
            own = time.clock_gettime(self._clock)
        return own, (int(fields[13]) + int(fields[14])) / _TICK

    def _anonymous(self, pid: int) -> int:
        """Bytes of memory that is no file's: counts pages shared after a fork in every process that has them."""
        total = 0
        with open(f"/proc/{pid}/status", "rb") as file:
            for line in file:
                if line.startswith((b"RssAnon:", b"RssShmem:", b"VmSwap:")):
                    total += int(line.split()[1]) * 1024
        return total

    def _exact_memory(self) -> int:
        """Bytes, each shared page divided among its processes, less what is still shared with the warm
        parent.

        This process changes nothing of what it inherited, so its own share tells the share of the others.
        Where a process hides its figures, the generous one is taken.
        """
        inherited = _shares(os.getpid())
        total = 0
        for pid in self.processes():
            try:
                total += _shares(pid) - inherited
            except (OSError, ValueError):
                try:
                    total += self._anonymous(pid) - self._inherited
                except (OSError, ValueError):
                    continue  # it has ended meanwhile
        return total

    def _unseen_memory(self, enough: int) -> int:
        """Bytes of shared memory without a file, whether it is in some process's map of pages or was dropped from
        all of them: it occupies memory until nothing maps it. Looked at only if the address spaces have grown by
        more than `enough`.
        """
        grown = {}
        for pid in self.processes():
            try:
                grown[pid] = max(0, _address_space(pid) - self._inherited_space)
            except (OSError, ValueError, IndexError):
                continue
        if sum(grown.values()) <= enough:
            return 0
        sizes: dict[bytes, int] = {}
        for pid, size in grown.items():
            try:
                sizes.update(_shared_without_file(pid))
            except PermissionError:
                sizes[b"hidden by %d" % pid] = size
            except (OSError, ValueError):
                continue
        return sum(sizes.values())


def _address_space(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * _PAGE


def _shared_without_file(pid: int) -> dict[bytes, int]:
    """Inode -> bytes of every shared mapping that Linux shows as /dev/zero (deleted)."""
    sizes: dict[bytes, int] = {}
    with open(f"/proc/{pid}/maps", "rb") as file:
        for line in file:
            if line.endswith(b"/dev/zero (deleted)\n"):
                first, last = line.split(b" ", 1)[0].split(b"-")
                inode = line.split()[4]
                sizes[inode] = sizes.get(inode, 0) + int(last, 16) - int(first, 16)
    return sizes


def children(pid: int) -> list[int]:
    """The processes that `pid` has started or, as their reaper, inherited; none if it has ended."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found.extend(map(int, file.read().split()))
    except OSError:
        return found
    return found


def _shares(pid: int) -> int:
    """Bytes of memory that is no file's, each page divided by the number of processes that have it."""
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        lines = [line.split() for line in file]
    wanted = {b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:"}
    return sum(int(line[1]) * 1024 for line in lines if line[0] in wanted)


def _children_waited_for() -> float:
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime
