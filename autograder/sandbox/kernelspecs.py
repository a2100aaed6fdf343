"""The kernelspecs that let any Jupyter client, nbgrader's `autograde` included, run a notebook in a sandbox."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

PROVISIONER = "autograder-sandbox"
PROFILES = ("tensorflow", "torch")


def kernel_json(profile: str) -> dict[str, Any]:
    """The content of kernel.json. The provisioner forks the kernel; `argv` is there because the format wants
    it.
    """
    return {
        "argv": ["python", "-c", "raise SystemExit('this kernel is started by its provisioner')"],
        "display_name": f"Autograder sandbox ({profile})",
        "language": "python",
        "interrupt_mode": "signal",
        "env": {},
        "metadata": {"kernel_provisioner": {"provisioner_name": PROVISIONER, "config": {"profile": profile}}},
    }


def install_kernelspecs(prefix: Path) -> list[Path]:
    """Write the kernelspecs `autograder-tensorflow` and `autograder-torch` below `prefix`; the folders
    written.
    """
    folders = []
    for profile in PROFILES:
        folder = prefix / "share" / "jupyter" / "kernels" / f"autograder-{profile}"
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".kernel.json.{os.getpid()}"
        draft.write_text(json.dumps(kernel_json(profile), indent=2) + "\n", encoding="utf-8")
        draft.replace(folder / "kernel.json")
        folders.append(folder)
    return folders
