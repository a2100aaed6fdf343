"""Fetches the files that Keras would fetch, once, into the user's cache folder. Bounded in time and size.

AUTOGRADER_OFFLINE=1 forbids it. A failure is remembered for ten minutes, so that a batch of gradings on a
machine without a network does not wait for each of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from autograder.data.formats import CIFAR_ARCHIVES, FASHION_FILES

log = logging.getLogger(__name__)

CONNECT_S = 5.0
TOTAL_S = 300.0
REMEMBER_FAILURE_S = 600.0
MAX_BYTES = 400 * 2**20
_BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


@dataclass(frozen=True)
class RemoteFile:
    """A file that Keras offers: its address, its name below the folder, and its hash where Keras states
    one."""

    url: str
    file: str
    sha256: str | None = None
    md5: str | None = None


REMOTE: dict[str, tuple[RemoteFile, ...]] = {
    "mnist": (
        RemoteFile(
            _BASE + "mnist.npz",
            "mnist.npz",
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        ),
    ),
    "fashion_mnist": tuple(RemoteFile(_BASE + file, f"fashion-mnist/{file}") for file in FASHION_FILES),
    "cifar10": (
        RemoteFile(
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            CIFAR_ARCHIVES[0],
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),
    ),
    "imdb": (
        RemoteFile(
            _BASE + "imdb.npz", "imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
        ),
        RemoteFile(
            _BASE + "imdb_word_index.json", "imdb_word_index.json", md5="bfafd718b763782e994055a2d397834f"
        ),
    ),
}


def fetch(name: str, folder: Path) -> bool:
    """Puts the files of `name` below `folder` as Keras lays them out; False, with the reason logged, if it
    cannot."""
    if name not in REMOTE or os.environ.get("AUTOGRADER_OFFLINE", "") not in ("", "0"):
        return False
    failed = folder / f".{name}.failed"
    with contextlib.suppress(FileNotFoundError):
        if time.time() - failed.stat().st_mtime < REMEMBER_FAILURE_S:
            return False
    deadline = time.monotonic() + TOTAL_S
    try:
        for remote in REMOTE[name]:
            target = folder / remote.file
            if not target.is_file():
                _fetch_file(remote, target, deadline)
    except (OSError, ValueError) as error:  # URLError and TimeoutError are OSErrors
        log.warning("The data set %s could not be fetched: %s", name, error)
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            failed.touch()
        return False
    return True


def _fetch_file(remote: RemoteFile, target: Path, deadline: float) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digests = {"sha256": hashlib.sha256(), "md5": hashlib.md5(usedforsecurity=False)}
    log.info("Fetching %s", remote.url)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as out:
        try:
            with urllib.request.urlopen(remote.url, timeout=CONNECT_S) as answer:
                size = 0
                while block := answer.read(1 << 18):
                    size += len(block)
                    if size > MAX_BYTES or time.monotonic() > deadline:
                        raise ValueError(f"{remote.url} takes more than {TOTAL_S:.0f} s or {MAX_BYTES} bytes")
                    out.write(block)
                    for digest in digests.values():
                        digest.update(block)
            for kind, wanted in (("sha256", remote.sha256), ("md5", remote.md5)):
                if wanted is not None and digests[kind].hexdigest() != wanted:
                    raise ValueError(f"{remote.url} arrived with the wrong {kind}")
            out.close()
            os.replace(out.name, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(out.name)
            raise
