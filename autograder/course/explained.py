"""What pydantic found wrong in course.yaml, as sentences with the file, the line, the key and what is allowed."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from autograder.course.model import NAME
from autograder.course.wording import short
from autograder.yaml_file import KeyPath, YamlFile


def explain(path: Path, file: YamlFile, error: ValidationError) -> list[str]:
    lines = [_sentence(path, file, details) for details in error.errors()]
    return list(dict.fromkeys(lines))


def _sentence(path: Path, file: YamlFile, details: ErrorDetails) -> str:
    where: KeyPath = details["loc"]
    if details["type"] == "unknown_key":
        where = (*where, details["ctx"]["key"])
    key = ".".join(str(part) for part in where)
    value = details["input"]
    message = _allowed(details)
    if details["type"] == "missing":
        return f"{place(path, file.line(where))}{key}: this key is required"
    shown = (
        ""
        if isinstance(value, BaseModel) or not _said_of_a_value(details)
        else f" {short(value)} is not allowed:"
    )
    return f"{place(path, file.line(where))}{key + ':' if key else ''}{shown} {message}".strip()


def _said_of_a_value(details: ErrorDetails) -> bool:
    """Whether a message is about the value itself, and not about keys in it or about two of them."""
    return not isinstance(details["input"], dict | list) or details["type"] in _EXPECTED


_EXPECTED = {  # in a person's words what pydantic says in those of Python
    "dict_type": "expected keys with values below it, or {key: value}",
    "model_type": "expected keys with values below it, or {key: value}",
    "tuple_type": "expected a list, such as [a, b]",
    "string_type": "expected text",
    "path_type": "expected the path of a file or folder",
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
}


def _allowed(details: ErrorDetails) -> str:
    value = details["input"]
    if details["type"] == "string_type" and isinstance(value, bool | int | float):
        return f'expected text; put it in quotes: "{value}"'
    if details["type"] == "string_pattern_mismatch":
        return "expected " + (
            "letters, digits, - and _" if details["ctx"]["pattern"] == NAME else "one line of text"
        )
    message = details["msg"]
    return _EXPECTED.get(details["type"]) or message[0].lower() + message[1:]


def place(path: Path, line: int | None) -> str:
    return f"{path}: " if line is None else f"{path}:{line}: "
