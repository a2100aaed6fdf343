"""Which names of students may become folder names, and how hostile names are told apart from odd ones."""

from __future__ import annotations

import hashlib
import unicodedata

from autograder.intake.files import printable
from autograder.intake.submission import RejectedSubmission

LONGEST = 100  # characters of a student id
MOST_BYTES = 200  # of it: a file's name may have 255, and files are called after the student
_NEVER = frozenset(
    '/\\*?[]{}"<>|:'
)  # separators, and what shells and nbgrader's own globs and formats give a meaning
_OURS = (".html", ".csv", ".json")  # reports/<assignment>/ holds them beside the students' folders
# Letters and marks by Unicode's classes, and yet nothing is seen of them: joiners, fillers, variation selectors.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


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
    plain = "".join("_" if letter in _NEVER | _UNSEEN else letter for letter in printable(student, 40))
    return f"unusable id {plain.strip(' .')} {mark}"


def _objection(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > LONGEST or len(name.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return f"it is longer than {LONGEST} characters or {MOST_BYTES} bytes"
    if any(
        unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or letter in _UNSEEN
        for letter in name
    ):
        return "it contains control or invisible characters"
    if name.startswith((".", "-", "~")):
        return f"it starts with “{name[0]}”"
    if name != name.strip():
        return "it starts or ends with a space"
    if name.casefold().endswith(_OURS):
        return (
            f"it ends in “{name[name.rindex('.') :]}” as our own pages and tables do, which stand beside it"
        )
    forbidden = sorted(_NEVER & set(name))
    if forbidden:
        return f"it contains “{forbidden[0]}”"
    return ""
