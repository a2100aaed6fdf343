"""What every benchmark here shares: the machine in words, timed commands, tables, and the JSON document.

A benchmark is one command: it prints a table, and with `--json FILE` writes what it measured with the description of
the machine, so that a number in docs/benchmarks.md can be traced to the run that it comes from.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
_LIBRARIES = ("tensorflow", "numpy", "nbgrader", "nbclient", "pytest")
_SAMPLE_S = 0.02
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True)
class Run:
    """One command: wall seconds; CPU seconds of it and of the descendants that were waited for; its own peak of
    resident memory, without its children's; what it printed; the load average when it started and ended."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str
    code: int
    load: tuple[float, float]


def timed(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end. It may keep the bytecode that it compiles, whatever this shell says: else imports are
    what is measured. Raises RuntimeError with the end of its log where it ends with a status over 1.
    """
    environment = {name: value for name, value in (env or os.environ).items() if name != _NO_BYTECODE}
    load, started = os.getloadavg()[0], time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        peak = 0.0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, _peak_mb(process.pid))
            time.sleep(_SAMPLE_S)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        output, log = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    if process.returncode not in (0, 1):
        raise RuntimeError(
            f"{' '.join(map(str, command))} ended with {process.returncode}:\n{log[-3000:]}{output[-1000:]}"
        )
    cpu = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu, peak, output, process.returncode, (load, os.getloadavg()[0]))


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "")
    return int(line.split()[1]) / 1024 if line else 0.0


def machine() -> dict[str, Any]:
    """The machine as far as it decides how long something takes."""
    return {
        "cores": cores(),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "commit": _commit(),
    }


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A plain table: first column left, the others right; numbers in four significant digits."""
    cells = [[_shown(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(columns), *cells]) for i in range(len(columns))]
    lines = [title]
    for row in [list(columns), *cells]:
        aligned = (
            value.ljust(w) if i == 0 else value.rjust(w)
            for i, (value, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def publish(name: str, measured: Mapping[str, Any], path: Path | None) -> None:
    """Print where it was measured; write the document to `path`, if there is one."""
    about = machine()
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    print(
        f"\n{about['cores']} cores of {about['processor']}, {about['memory_gb']} GB, {about['system']}, load {load}"
    )
    if path is None:
        return
    document = {
        "benchmark": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": about,
        "load_at_the_end": os.getloadavg(),
        **measured,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, default=str) + "\n", encoding="utf-8")
    print(f"written: {path}")


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has; `description` is the script's docstring."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to this file")
    return parser


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return "" if value is None else str(value)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    line = next((line for line in text.splitlines() if line.startswith("model name")), "")
    return line.partition(":")[2].strip() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """The commit that was measured, with `+` where files differ from it; "" outside a repository."""
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--abbrev=10"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return shown.stdout.strip()
