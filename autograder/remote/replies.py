"""From an answer of a student's process to its value, or to the error that it stands for.

The answer's own words are not trusted: they choose among sentences that are written here.
"""

from __future__ import annotations

from typing import Any

from autograder.remote.disclosure import Submission
from autograder.remote.errors import BadAnswer, StudentError, StudentMissing, StudentRaised
from autograder.remote.traces import MAX_MESSAGE


class NonsenseError(Exception):
    """No answer that `server` would give: something in the student's process answered in its place."""


def value_of(answer: Any, name: str, submission: Submission, sizes: frozenset[int]) -> Any:
    """The value in an answer to a question about `name`, which sent arrays of these `sizes`.

    Raises the `StudentError` that the answer stands for, or `NonsenseError`.
    """
    # What is compared has to be text: an array would compare with each of its entries.
    kind = answer.get("kind") if type(answer) is dict else None
    match (kind, answer) if type(kind) is str else (None, None):
        case "value", {"value": value}:
            return value
        case "missing", {"found": str(found)} if not found:
            raise StudentMissing(_why_missing(name, submission))
        case "missing", {"found": str(found)}:
            but = _a(found, submission)
            raise StudentMissing(f"`{name}` is not a function" + (f", but {but}." if but else "."))
        case "not data", {"type": str(found)}:
            instead = _a(found, submission) or "an object"
            raise BadAnswer(f"`{name}` should give numbers or arrays, not {instead}.")
        case "too much", {"why": str(why)}:
            sentence = f"The answer of `{name}` is too large or too deeply nested to be checked."
            raise BadAnswer(sentence, why[:MAX_MESSAGE])
        case "raised", {"type": str(error), "message": str(message), "cell": cell, "line": line}:
            place = (cell if type(cell) is int else None, line if type(line) is int else None)
            raise _raised(name, error[:100], message[:MAX_MESSAGE], *place, submission, sizes)
    raise NonsenseError


def _why_missing(name: str, submission: Submission) -> str:
    there_is_none = f"There is no `{name}` in the notebook"
    cell = submission.defining(name)
    if cell is None:
        return f"{there_is_none}. It must be defined under this name."
    return f"{there_is_none}: the cell that defines it stopped with {submission.failure(cell)}."


def _raised(
    name: str,
    kind: str,
    message: str,
    cell: int | None,
    line: int | None,
    submission: Submission,
    sizes: frozenset[int],
) -> StudentError:
    where = submission.place(cell, line)
    if kind == "NotImplementedError" and (not where or kind in where):
        return StudentMissing(
            f"`{name}` needs code that is not written yet" + (f": {where}." if where else ".")
        )
    said = submission.message(message, sizes)
    sentence = f"`{name}` raised {submission.type_name(kind, 'an exception')}"
    sentence += (f": {said}" if said else "") + (f" ({where})" if where else "") + "."
    return StudentRaised(sentence, kind, message, cell, line)


def _a(type_name: str, submission: Submission) -> str:
    known = submission.type_name(type_name, "")
    return f"{'an' if known[0] in 'AEIOUaeio' else 'a'} {known}" if known else ""
