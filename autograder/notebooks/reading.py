"""A notebook file from anybody -> a valid nbformat 4.5 notebook, or a sentence that says what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.mistakes import Mistake

MAX_BYTES = 64 * 1024 * 1024
MAX_CELLS = 2_000
MAX_SOURCE = 1_000_000  # characters of one cell; people type less
MAX_CODE = 1_000_000  # characters of all code cells: some rules read them all, a minute for as many
MAX_OUTPUTS_3 = 5_000  # of a notebook in format 3, whose conversion looks at each of them several times
MAX_DEPTH = 64
MAX_CONTAINERS = 100_000  # lists and objects: a file of nothing else takes thirty times its size in memory
MAX_VALUES = 2_000_000  # numbers and texts in them: a few large interactive plots

_CELL_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_STRING = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL
)  # the closing quote may lack: linear in any case
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_AGAIN = "Open it in Jupyter or Colab, save it, and hand in the .ipynb file again."


class NotebookError(Mistake):
    """The file cannot be taken as a notebook; the message is a sentence for the person who handed it in."""


def read(source: Path | str) -> NotebookNode:
    """Read a notebook: a `Path` names a file, a `str` is the notebook's JSON itself. Raises NotebookError.

    Small damage is repaired (missing or doubled cell ids, missing fields, malformed outputs and metadata, NUL
    characters, broken surrogates); format 3 is converted. The result is valid nbformat 4.5, its cell ids are
    unique, and the same input gives the same result.
    """
    text = _text(source) if isinstance(source, Path) else source
    if len(text) > MAX_BYTES:
        raise NotebookError(_too_large())
    content = _parse(text)
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise NotebookError(f"This file is JSON, but not a Jupyter notebook. {_AGAIN}")
    version = content["nbformat"]
    if version == 3:
        content = _from_version_3(content)
    elif version != 4:
        raise NotebookError(f"This notebook is in format {version}; formats 3 and 4 can be read. {_AGAIN}")
    if not isinstance(content.get("cells"), list):
        raise NotebookError(f"This notebook has no list of cells. {_AGAIN}")
    if len(content["cells"]) > MAX_CELLS:
        raise NotebookError(
            f"This notebook has more than {MAX_CELLS} cells. Delete those that are not needed."
        )
    return _notebook(content)


def as_text(notebook: NotebookNode) -> str:
    """The notebook as JSON text, the same for the same notebook."""
    return str(nbformat.writes(notebook)) + "\n"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotebookError(f"The notebook {path.name} cannot be read: {error.strerror}.") from error
    if len(raw) > MAX_BYTES:
        raise NotebookError(_too_large())
    if not raw.strip():
        raise NotebookError(f"This file is empty. {_AGAIN}")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotebookError(f"This file is UTF-16 text; a notebook is UTF-8. {_AGAIN}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(
            f"This file is not UTF-8 text (byte {error.start}): it is no notebook, or was damaged. {_AGAIN}"
        ) from error


def _too_large() -> str:
    return (
        f"This file is larger than {MAX_BYTES // 1024**2} MB. Clear the outputs that are not needed "
        "(pictures, long logs) and hand it in again."
    )


def _parse(text: str) -> Any:
    _demand_few_values(text)
    try:
        content = json.loads(text, parse_constant=lambda name: None)
    except json.JSONDecodeError as error:
        raise NotebookError(f"This file is not a notebook: {_no_json(text, error)}. {_AGAIN}") from error
    except RecursionError as error:
        raise NotebookError(f"This file is nested too deeply to be a notebook. {_AGAIN}") from error
    except ValueError as error:  # a number with thousands of digits
        raise NotebookError(f"This file holds a number that no notebook has. {_AGAIN}") from error
    return _clean(content, 0)


def _no_json(text: str, error: json.JSONDecodeError) -> str:
    start = text.lstrip()
    if not start.startswith(("{", "[")):
        return "it is plain text, such as a Python script"
    if "\n<<<<<<< " in text:
        return "it holds the marks of a merge conflict (<<<<<<<), which has to be resolved first"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return "it ends in the middle, as a file does whose download or upload was cut off"
    return f"it is not valid JSON (line {error.lineno})"


def _demand_few_values(text: str) -> None:
    """Refuse JSON that would take far more memory than its text does, before it is parsed."""
    if text.count("[") + text.count("{") <= MAX_CONTAINERS and text.count(",") <= MAX_VALUES:
        return
    bare = _STRING.sub("", text)
    if bare.count("[") + bare.count("{") > MAX_CONTAINERS or bare.count(",") > MAX_VALUES:
        raise NotebookError(
            "This file holds more cells, outputs or plotted points than a notebook can. Clear the outputs "
            "that are not needed (the largest interactive plots), save, and hand it in again."
        )


def _clean(value: Any, depth: int) -> Any:
    """The value without characters that cannot be stored, and with bounded depth and finite numbers."""
    if depth > MAX_DEPTH:
        raise NotebookError(f"This file is nested deeper than {MAX_DEPTH} levels. {_AGAIN}")
    if isinstance(value, str):
        return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_clean(key, depth): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, float) and value - value != 0.0:  # 1e999 is infinite
        return None
    return value


def _from_version_3(content: dict[str, Any]) -> dict[str, Any]:
    """Format 3 keeps cells in worksheets and calls their text `input`."""
    _tame_version_3(content)
    try:
        notebook = nbformat.v3.nbjson.JSONReader().to_notebook(content)
        converted: dict[str, Any] = nbformat.convert(notebook, 4)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, nbformat.ValidationError) as error:
        raise NotebookError(
            f"This notebook is in the old format 3 and cannot be converted. {_AGAIN}"
        ) from error
    return converted


def _tame_version_3(content: dict[str, Any]) -> None:
    """Bound what the conversion is slow with, and the headings: it writes as many `#` as a heading's level says."""
    sheets = content.get("worksheets")
    cells = [cell for sheet in _list(sheets) for cell in _list(_dict(sheet).get("cells"))]
    outputs = sum(len(_list(_dict(cell).get("outputs"))) for cell in cells)
    if len(cells) > MAX_CELLS or outputs > MAX_OUTPUTS_3 or len(_list(sheets)) > MAX_CELLS:
        raise NotebookError(f"This notebook is in the old format 3 and too large to be converted. {_AGAIN}")
    for cell in cells:
        if isinstance(cell, dict) and "level" in cell:
            level = cell["level"]
            cell["level"] = level if isinstance(level, int) and 1 <= level <= 6 else 1


def _notebook(content: dict[str, Any]) -> NotebookNode:
    used: set[str] = set()
    cells = [_cell(cell, position, used) for position, cell in enumerate(content["cells"])]
    if sum(len(cell["source"]) for cell in cells if cell["cell_type"] == "code") > MAX_CODE:
        raise NotebookError(f"This notebook has more than {MAX_CODE:,} characters of code. Shorten it.")
    notebook: NotebookNode = nbformat.from_dict(
        {"cells": cells, "metadata": _dict(content.get("metadata")), "nbformat": 4, "nbformat_minor": 5}
    )
    for repair in (_plain_metadata, _no_outputs):
        if nbformat.validator.isvalid(notebook):
            return notebook
        repair(notebook)
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise NotebookError(f"This notebook breaks the rules of the notebook format. {_AGAIN}") from error
    return notebook


def _plain_metadata(notebook: NotebookNode) -> None:
    """Forget metadata that break the format; what nbgrader and the grader need stays."""
    notebook.metadata = NotebookNode()
    for cell in notebook.cells:
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in ("nbgrader", "tags")})
        cell.pop("attachments", None)


def _no_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []


def _cell(cell: Any, position: int, used: set[str]) -> dict[str, Any]:
    if not isinstance(cell, dict):
        raise NotebookError(f"Cell {position + 1} of this notebook is not a cell. {_AGAIN}")
    kind = cell.get("cell_type")
    text = _joined(cell.get("source", ""))
    if kind not in ("code", "markdown", "raw") or text is None:
        raise NotebookError(f"Cell {position + 1} of this notebook has no text or an unknown type. {_AGAIN}")
    if len(text) > MAX_SOURCE:
        raise NotebookError(f"Cell {position + 1} has more than {MAX_SOURCE} characters. Shorten it.")
    clean: dict[str, Any] = {
        "id": _unique_id(cell.get("id"), position, used),
        "cell_type": kind,
        "metadata": _cell_metadata(cell.get("metadata")),
        "source": text,
    }
    if kind == "code":
        clean["execution_count"] = _count(cell.get("execution_count"))
        outputs = cell.get("outputs")
        clean["outputs"] = [o for o in map(_output, outputs) if o] if isinstance(outputs, list) else []
    elif isinstance(cell.get("attachments"), dict):
        clean["attachments"] = {
            name: bundle for name, bundle in cell["attachments"].items() if isinstance(bundle, dict)
        }
    return clean


def _unique_id(wanted: Any, position: int, used: set[str]) -> str:
    """The cell's own id where it is valid and new, else one from its position: the same on every reading."""
    candidate = wanted if isinstance(wanted, str) and _CELL_ID.match(wanted) else f"cell-{position}"
    number = 0
    while candidate in used:
        candidate = f"cell-{position}-{number}" if number else f"cell-{position}"
        number += 1
    used.add(candidate)
    return candidate


def _cell_metadata(value: Any) -> dict[str, Any]:
    metadata = dict(_dict(value))
    tags = metadata.get("tags")
    if tags is not None:
        words = [tag for tag in tags if isinstance(tag, str) and tag] if isinstance(tags, list) else []
        metadata["tags"] = [tag for tag in dict.fromkeys(words) if "," not in tag]
    if not isinstance(metadata.get("nbgrader", {}), dict):
        del metadata["nbgrader"]
    return metadata


def _output(output: Any) -> dict[str, Any] | None:
    """A saved output in valid form, None if it has none. Outputs are shown and read, never trusted."""
    if not isinstance(output, dict):
        return None
    kind = output.get("output_type")
    if kind == "stream":
        text = _joined(output.get("text", ""))
        name = output.get("name")
        return None if text is None else {"output_type": kind, "name": str(name or "stdout"), "text": text}
    if kind in ("display_data", "execute_result"):
        data = {mime: _mime_data(mime, content) for mime, content in _dict(output.get("data")).items()}
        clean = {"output_type": kind, "data": data, "metadata": _dict(output.get("metadata"))}
        if kind == "execute_result":
            clean["execution_count"] = _count(output.get("execution_count"))
        return clean
    if kind == "error":
        trace = output.get("traceback")
        return {
            "output_type": kind,
            "ename": str(output.get("ename", "")),
            "evalue": str(output.get("evalue", "")),
            "traceback": [line for line in trace if isinstance(line, str)] if isinstance(trace, list) else [],
        }
    return None


def _mime_data(mime: str, content: Any) -> Any:
    if re.match(r"^application/(.*\+)?json$", mime):
        return content
    joined = _joined(content)
    return joined if joined is not None else json.dumps(content)


def _joined(value: Any) -> str | None:
    """Text that the format may keep as one string or as a list of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
