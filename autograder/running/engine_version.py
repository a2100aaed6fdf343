"""Which engine this is, exactly enough that two machines can tell whether they would give the same grades."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import autograder

_DECIDING = (
    "tensorflow",
    "keras",
    "torch",
    "numpy",
    "scipy",
    "scikit-learn",
    "nbclient",
    "ipykernel",
    "pytest",
)


@cache
def engine_version() -> Mapping[str, str]:
    """Name -> version of what takes part in every grading: the engine with a digest of its files, Python, packages."""
    found = {
        "autograder": f"{autograder.__version__} ({_digest()})",
        "Python": ".".join(map(str, sys.version_info[:2])),
    }
    for package in _DECIDING:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> tuple[str, ...]:
    """In words, where two machines differ."""
    return tuple(
        f"{name} {here.get(name, 'none')} here, {there.get(name, 'none')} there"
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    )


def _digest() -> str:
    """Ten digits of the SHA-256 of the engine's modules: two versions that are called the same may not be."""
    root = Path(autograder.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]
