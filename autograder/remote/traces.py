"""Where in the student's code an exception came from. Runs in the student's process, so it may lie; what it
says only chooses which of the student's own lines the grader shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any

MAX_MESSAGE = 2000
_NAMED_IN_MESSAGE = re.compile(r'File "([^"\n]+)", line (\d+)')


def describe(error: BaseException, cells: Mapping[str, int]) -> dict[str, Any]:
    """Type, message and place of an exception; `cells` maps a cell's file name to its execution count."""
    message = _message(error)
    cell, line = _deepest(error.__traceback__, cells)
    for name, number in _NAMED_IN_MESSAGE.findall(
        message
    ):  # AutoGraph puts the original lines into the message
        if name in cells:
            cell, line = cells[name], int(number)
    return {
        "type": str(type.__dict__["__name__"].__get__(type(error)))[:80],
        "message": message[:MAX_MESSAGE],
        "cell": cell,
        "line": line,
    }


def _message(error: BaseException) -> str:
    try:
        return str(str(error))[: 20 * MAX_MESSAGE].encode("utf-8", "replace").decode()
    except BaseException:  # noqa: BLE001 - a student's own __str__ may raise anything, SystemExit too
        return ""


def _deepest(traceback: TracebackType | None, cells: Mapping[str, int]) -> tuple[int | None, int | None]:
    cell: int | None = None
    line: int | None = None
    steps = 0
    while traceback is not None and steps < 10_000:
        file = traceback.tb_frame.f_code.co_filename
        if file in cells:
            cell, line = cells[file], traceback.tb_lineno
        traceback, steps = traceback.tb_next, steps + 1
    return cell, line
