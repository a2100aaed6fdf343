"""The term secret, and the seeds of hidden inputs drawn from it.

A seed is the same for every student of a term and for every regrade of it, cannot be guessed from the
repository, and is another one next term. Whoever has the secret can compute every hidden input, so it is
never printed and lies outside the course's folder.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Course
from autograder.mistakes import Mistake

VARIABLE = "AUTOGRADER_SECRET"
MIN_LENGTH = 16

_log = logging.getLogger(__name__)


class SecretError(Mistake):
    """The term secret cannot be had or must not be used; the message says what to do."""


@dataclass(frozen=True)
class TermSecret:
    """The secret of one course and term. `notice` is a sentence for the instructor where it was just made."""

    value: bytes = field(repr=False)
    notice: str = ""

    def __str__(self) -> str:
        return "TermSecret()"


def term_secret(course: Course) -> TermSecret:
    """The secret of the course's term: AUTOGRADER_SECRET, or the file `secret_file`, made on first use.

    Raises SecretError if it is too short, if others can read its file, or if the file cannot be read or made.
    """
    if VARIABLE in os.environ:
        return TermSecret(_checked(os.environ[VARIABLE], f"the environment variable {VARIABLE}"))
    path = secret_file(course)
    try:
        notice = "" if path.exists() else _make(path)
        _refuse_readable_by_others(path)
        return TermSecret(_checked(path.read_text(encoding="utf-8"), f"the file {path}"), notice)
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(
            f"the term secret in {path} cannot be read or made ({error}); mend this, or set {VARIABLE}"
        ) from error


def secret_file(course: Course) -> Path:
    """Where the secret lies: <user's configuration folder>/autograder/<course id>/<term>.secret."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if os.path.isabs(configured) else Path.home() / ".config"
    return base / "autograder" / course.id / f"{course.term}.secret"


def seed(secret: TermSecret, course: Course, assignment: str, item: str, attempt: int = 0) -> int:
    """A seed in [0, 2**64) for one item: HMAC-SHA256 of course, term, assignment, item and attempt."""
    message = json.dumps([course.id, course.term, assignment, item, attempt]).encode()
    return int.from_bytes(hmac.new(secret.value, message, hashlib.sha256).digest()[:8], "big")


def _checked(text: str, origin: str) -> bytes:
    text = text.strip()
    if len(text) < MIN_LENGTH:
        raise SecretError(
            f"{origin} holds {len(text)} characters; the term secret has at least {MIN_LENGTH}, all random"
        )
    return text.encode()


def _make(path: Path) -> str:
    """Write a new secret, whole or not at all. Of two processes at once one wins, and both use its file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            return ""
    finally:
        os.unlink(draft)
    notice = (
        f"A term secret was made: {path}. Back it up: whoever grades this term's submissions again, on "
        "another machine or next year, needs it to get the same hidden inputs. Give it to nobody else."
    )
    _log.warning(notice)
    return notice


def _refuse_readable_by_others(path: Path) -> None:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SecretError(f"others can read the term secret in {path}; run: chmod 600 {path}")
