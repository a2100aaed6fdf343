"""A notebook's cell as a syntax tree, its magics and shell lines set aside."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

MAX_TEXT = 200_000  # characters of a cell; longer ones are not read
_MAGIC_LINE = re.compile(r"^(\s*)([%!?].*|[\w.]+\?{1,2}\s*)$")
_MAGIC_VALUE = re.compile(r"^([\w.,\s]++=\s*+)([%!].*)$")
_PYTHON_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


@dataclass(frozen=True)
class ParsedCell:
    """A cell's tree (empty if it is not Python, with the `problem`) and the magics that were set aside."""

    label: str
    text: str
    tree: ast.Module
    magics: tuple[tuple[int, str], ...]
    problem: str


def parse_cell(label: str, text: str) -> ParsedCell:
    """Parse a cell, replacing left-over magics and shell lines by statements that do nothing."""
    empty = ast.Module(body=[], type_ignores=[])
    if len(text) > MAX_TEXT:
        return ParsedCell(
            label, "", empty, (), f"it has {len(text)} characters, more than the {MAX_TEXT} allowed"
        )
    tree = _parse(text)
    if isinstance(tree, ast.Module):
        return ParsedCell(label, text, tree, (), "")
    plain, magics = _without_magics(text)
    retried = _parse(plain)
    if isinstance(retried, ast.Module):
        return ParsedCell(label, text, retried, magics, "")
    return ParsedCell(label, text, empty, magics, retried)


def _without_magics(text: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The text with magics and shell lines made harmless, line for line, and what they were."""
    lines = text.split("\n")  # not splitlines: a form feed ends no line of Python
    magics: list[tuple[int, str]] = []
    at_the_top = True  # nothing before this line but magics of the whole cell
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        at_the_top = at_the_top and (not stripped or stripped.startswith("%%"))
        if stripped.startswith("%%") and at_the_top:
            magics.append((number, stripped))
            if not stripped.startswith(_PYTHON_CELL_MAGICS):
                return "", tuple(magics)
            lines[number - 1] = ""
        elif found := _MAGIC_LINE.match(line):
            magics.append((number, stripped))
            lines[number - 1] = found.group(1) + _magic_statement(stripped)
        elif found := _MAGIC_VALUE.match(line):
            magics.append((number, found.group(2)))
            lines[number - 1] = found.group(1) + "None"
    return "\n".join(lines), tuple(magics)


def _magic_statement(line: str) -> str:
    """The statement that a timing magic runs, so that it is read too; `pass` for others."""
    for magic in ("%time ", "%timeit "):
        if line.startswith(magic):
            statement = re.sub(r"^(-\w+\s*\d*\s+)*", "", line[len(magic) :].strip())
            return statement if isinstance(_parse(statement), ast.Module) and statement else "pass"
    return "pass"


def _parse(text: str) -> ast.Module | str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's invalid escape sequence is not ours to print
            return ast.parse(text)
    except SyntaxError as error:
        return f"{error.msg} (line {error.lineno})"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"it cannot be parsed ({type(error).__name__})"
