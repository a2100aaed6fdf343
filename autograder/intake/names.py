"""Which names of students may become folder names, and how hostile names are told apart from odd ones."""

from __future__ import annotations

import hashlib
import unicodedata

from autograder.intake.files import printable
from autograder.intake.submission import RejectedSubmission

LONGEST = 100  # characters of a student id; 255 bytes is what a file name may have
_NEVER = set(
    '/\\*?[]{}"<>|:'
)  # separators, and what shells and nbgrader's own globs and formats give a meaning


def check_student_id(student: str) -> str:
    """Return `student` if it can safely be a folder's name and an entry in the gradebook.

    Raises RejectedSubmission otherwise, naming the reason.
    """
    reason = _objection(student)
    if reason:
        raise RejectedSubmission(
            f"The student id “{printable(student)}” cannot be used: {reason}. An instructor has to "
            "rename the folder, or to correct the roster."
        )
    return student


def shown_id(student: str) -> str:
    """`student` itself if it can be used, else a name to file its rejection under: plain, short and its own."""
    if not _objection(student):
        return student
    mark = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    plain = "".join("_" if letter in _NEVER else letter for letter in printable(student, 40))
    return f"unusable id {plain.strip(' .')} {mark}"


def _objection(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > LONGEST or len(name.encode("utf-8", "surrogatepass")) > 255:
        return f"it is longer than {LONGEST} characters"
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for letter in name):
        return "it contains control or invisible characters"
    if name.startswith((".", "-", "~")):
        return f"it starts with “{name[0]}”"
    if name != name.strip():
        return "it starts or ends with a space"
    forbidden = sorted(_NEVER & set(name))
    if forbidden:
        return f"it contains “{forbidden[0]}”"
    return ""
