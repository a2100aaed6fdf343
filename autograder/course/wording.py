"""Words that messages about a course's files are made of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from autograder.mistakes import Mistake


class CourseError(Mistake):
    """Something in the course's own files is wrong; the message says where and what is allowed."""


def unknown(key: str, known: Iterable[str], kind: str = "key") -> str:
    known = list(known)
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else "."
    return f"there is no {kind} {short(key)} here{hint} Allowed: {listed(known)}"


def listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", repr(value))  # a database's password
    return text if len(text) <= 80 else text[:77] + "..."
