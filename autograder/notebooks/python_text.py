"""A cell's text as plain Python, for reading its syntax tree: what only IPython understands is taken out."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

from IPython.core.inputtransformer2 import (
    TokenTransformBase,
    TransformerManager,
    make_tokens_by_line,
)

_RUNS_ITS_BODY = {"time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "debug"}
_WRITES_ITS_BODY = {"writefile", "file"}
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_TRANSFORMS: list[Any] = TransformerManager().token_transformers
_ESCAPED_LINE = re.compile(r"^(\s*)[%!].*")
_MAX_STEPS = 200
_MAX_WORK = 100_000  # characters read in all steps together
_OPTION = re.compile(r"^(-\w+\s*\d*\s+)+")


def python_text(text: str) -> str:
    """The text with magics, shell lines and help requests neutralised; every line keeps its number.

    `%time x = f()` and `%%time` run Python, so that code stays; `%%writefile` may write a module that is
    imported later, so its body stays if it is Python. Code that is broken otherwise is returned as it stands.
    """
    lines = text.split("\n")  # not splitlines: a form feed ends no line of Python
    first = 0
    while first < len(lines) and (not lines[first].strip() or _CELL_MAGIC.match(lines[first])):
        magic = _CELL_MAGIC.match(lines[first])
        if magic is not None:
            # The body is put together for a magic that writes it only: thousands of timers may stand above each other.
            runs = magic[1] in _RUNS_ITS_BODY or (
                magic[1] in _WRITES_ITS_BODY and _parses("\n".join(lines[first + 1 :]))
            )
            if not runs:
                return "\n".join([*lines[:first], *([""] * (len(lines) - first))])
            lines[first] = ""
        first += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a student's odd escape sequence is nobody's business here
        return "".join(_neutralised([line + "\n" for line in lines])).rstrip("\n")


def _neutralised(lines: list[str]) -> list[str]:
    """Apply IPython's own token transforms, which know a `%` in a string from a magic, without joining lines.

    Each step looks at the tokens afresh, as those after a magic may mean nothing before it is gone. Where
    that would take too long, or there are no tokens, the rest is done line by line.
    """
    for _ in range(min(_MAX_STEPS, 1 + _MAX_WORK // (1 + sum(map(len, lines))))):
        try:
            tokens = make_tokens_by_line(lines)
        except SyntaxError:  # an indentation that fits nowhere
            break
        found = [t for kind in _TRANSFORMS if (t := kind.find(tokens)) is not None]
        for transform in sorted(found, key=TokenTransformBase.sortby):
            try:
                changed = transform.transform(lines)
            except SyntaxError:
                continue
            start = transform.start_line
            blank = ["\n"] * (len(lines) - len(changed))
            lines = [*changed[:start], _neutral(changed[start]), *blank, *changed[start + 1 :]]
            break
        else:
            return lines
    return [_ESCAPED_LINE.sub(r"\1pass", line) for line in lines]


def _neutral(line: str) -> str:
    """The line without its call of IPython: the code that a timer runs, `None` for a result, or `pass`."""
    indent = line[: len(line) - len(line.lstrip())]
    try:
        statement = ast.parse(line.strip()).body[0]
    except (SyntaxError, IndexError, ValueError):
        return line
    value = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
    if not isinstance(value, ast.Call) or "get_ipython" not in ast.dump(value.func):
        return line
    words = [arg.value for arg in value.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    code = ""
    if len(words) == 2 and words[0] in _RUNS_ITS_BODY:
        code = _OPTION.sub("", words[1])
    if isinstance(statement, ast.Assign):
        targets = " = ".join(ast.unparse(target) for target in statement.targets)
        return f"{indent}{targets} = {code if code and _parses(code, 'eval') else 'None'}\n"
    return f"{indent}{code if code and _parses(code) else 'pass'}\n"


def _parses(code: str, mode: str = "exec") -> bool:
    try:
        compile(code, "<cell>", mode, ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
