"""A student's executed notebook, made safe to be shown by nbgrader's formgrader, nbconvert and Jupyter."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.sanitise.html import clean_html
from autograder.sanitise.images import clean_image
from autograder.sanitise.markdown import break_commands, clean_markdown
from autograder.sanitise.svg import clean_svg
from autograder.sanitise.text import clean_line, clean_text

MOST_TEXT = 100_000  # characters of one output
MOST_OUTPUTS = 200  # of one cell
MOST_PICTURES = 300  # of the whole notebook
MOST_SOURCE = 500_000  # characters of one cell

_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAG = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_GRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FLAGS = ("grade", "solution", "locked", "task")
_PICTURES = ("image/png", "image/jpeg")


def clean_notebook(notebook: NotebookNode, course_texts: Collection[str] = ()) -> NotebookNode:
    """A copy of `notebook` with text, pictures, tables, Markdown and formulas, and nothing that can act.

    Code stays as it is but for invisible characters. Of the outputs stay plain text with its colours, PNG and
    JPEG pictures (written anew), SVG drawings and HTML reduced to harmless elements, Markdown and LaTeX.
    JavaScript, widgets, frames, event handlers, attachments that are no pictures, and all metadata that only
    steer how a notebook is shown are dropped; nbgrader's own metadata, tags and cell ids are kept where they
    are well formed. A Markdown cell whose text is among `course_texts`, the cells that the course itself
    handed out, is not touched.

    Cleaning a clean notebook changes nothing.
    """
    pictures = _Budget(MOST_PICTURES)
    known = frozenset(course_texts)
    reserved = _input_fields(notebook)
    cells = [_clean_cell(cell, known, reserved, pictures) for cell in notebook.cells]
    _set_ids(cells, notebook.cells)
    cleaned = {"nbformat": 4, "nbformat_minor": 5, "metadata": _notebook_metadata(notebook), "cells": cells}
    return nbformat.from_dict(cleaned)  # type: ignore[no-any-return]


class _Budget:
    def __init__(self, left: int) -> None:
        self.left = left

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _clean_cell(
    cell: NotebookNode, known: frozenset[str], reserved: frozenset[str], pictures: _Budget
) -> dict[str, Any]:
    kind = cell.get("cell_type")
    source = _joined(cell.get("source", ""))
    cleaned: dict[str, Any] = {
        "cell_type": kind if kind in ("code", "markdown") else "raw",
        "metadata": _cell_metadata(cell),
    }
    if kind == "code":
        cleaned["source"] = clean_text(source, MOST_SOURCE)
        cleaned["execution_count"] = _count(cell)
        cleaned["outputs"] = _clean_outputs(cell.get("outputs", ()), pictures)
        return cleaned
    from_course = source in known
    attachments = _clean_attachments(cell.get("attachments"), pictures, keep_names=from_course)
    names = {old: new for old, (new, _) in attachments.items()}
    cleaned["source"] = source if from_course else clean_markdown(source, names, reserved)
    if attachments:
        cleaned["attachments"] = dict(attachments.values())
    return cleaned


def _set_ids(cells: list[dict[str, Any]], originals: list[NotebookNode]) -> None:
    """The ids that the cells had, where they are well formed; each one once."""
    taken: set[str] = set()
    for index, (cell, original) in enumerate(zip(cells, originals, strict=True)):
        identity = original.get("id")
        if not isinstance(identity, str) or not _CELL_ID.fullmatch(identity) or identity in taken:
            identity = f"cell-{index}"
        while identity in taken:
            identity += "-again"
        taken.add(identity)
        cell["id"] = identity


def _clean_outputs(outputs: Any, pictures: _Budget) -> list[dict[str, Any]]:
    cleaned = [_clean_output(output, pictures) for output in outputs[:MOST_OUTPUTS]]
    if len(outputs) > MOST_OUTPUTS:
        cleaned[-1] = _note(f"{len(outputs) - MOST_OUTPUTS + 1} further outputs are not shown")
    return cleaned


def _clean_output(output: NotebookNode, pictures: _Budget) -> dict[str, Any]:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        text = clean_text(_joined(output.get("text", "")), MOST_TEXT, terminal=True)
        return {"output_type": kind, "name": name, "text": text}
    if kind == "error":
        lines = "\n".join(_strings(output.get("traceback", ())))
        return {
            "output_type": kind,
            "ename": clean_line(str(output.get("ename", "Error"))),
            "evalue": clean_text(str(output.get("evalue", "")), 10_000),
            "traceback": clean_text(lines, MOST_TEXT, terminal=True).split("\n"),
        }
    if kind not in ("display_data", "execute_result"):
        return _note("an output of an unknown kind is not shown")
    cleaned = {"output_type": kind, "metadata": {}, "data": _clean_bundle(output.get("data", {}), pictures)}
    if kind == "execute_result":
        cleaned["execution_count"] = _count(output)
    return cleaned


def _clean_bundle(data: Any, pictures: _Budget) -> dict[str, str]:
    """The representations of one output that can be shown; a note where none is left."""
    kept: dict[str, str] = {}
    for mime, content in sorted(data.items()) if isinstance(data, dict) else ():
        cleaned = _clean_representation(mime, _joined(content), pictures)
        if cleaned is not None:
            kept[mime] = cleaned
    if not kept and data:
        kinds = ", ".join(clean_line(str(mime), 60) for mime in sorted(data)[:5])
        kept["text/plain"] = f"[not shown: {kinds}]"
    return kept


def _clean_representation(mime: str, content: str, pictures: _Budget) -> str | None:
    if mime in _PICTURES:
        picture = clean_image(content, mime) if pictures.take() else None
        return picture.data if picture else None
    if mime == "image/svg+xml":
        return clean_svg(content) if pictures.take() else None
    if mime == "text/plain":
        return clean_text(content, MOST_TEXT, terminal=True)
    if mime == "text/html":
        return break_commands(clean_html(content))
    if mime == "text/markdown":
        return clean_markdown(content)
    if mime == "text/latex":
        return break_commands(clean_text(content, MOST_TEXT))
    return None


def _clean_attachments(
    attachments: Any, pictures: _Budget, *, keep_names: bool
) -> dict[str, tuple[str, dict[str, str]]]:
    """The pictures attached to a text cell: old name -> (new name, picture). A student's names are not
    kept."""
    kept: dict[str, tuple[str, dict[str, str]]] = {}
    for old, bundle in sorted(attachments.items()) if isinstance(attachments, dict) else ():
        for mime in _PICTURES:
            data = _joined(bundle.get(mime, "")) if isinstance(bundle, dict) else ""
            picture = clean_image(data, mime) if data and pictures.take() else None
            if picture:
                new = old if keep_names else f"picture-{len(kept) + 1}.{mime.removeprefix('image/')}"
                kept[old] = (new, {mime: picture.data})
                break
    return kept


def _cell_metadata(cell: NotebookNode) -> dict[str, Any]:
    given = cell.get("metadata", {})
    metadata: dict[str, Any] = {}
    tags = [tag for tag in _strings(given.get("tags", ())) if _TAG.fullmatch(tag)]
    if tags:
        metadata["tags"] = tags[:20]
    for name in ("deletable", "editable"):
        if isinstance(given.get(name), bool):
            metadata[name] = given[name]
    nbgrader = given.get("nbgrader")
    if isinstance(nbgrader, dict) and _GRADE_ID.fullmatch(str(nbgrader.get("grade_id", ""))):
        metadata["nbgrader"] = {
            key: nbgrader[key] for key in sorted(nbgrader) if _sound_nbgrader(key, nbgrader[key])
        }
    return metadata


def _sound_nbgrader(key: str, value: Any) -> bool:
    if key in _FLAGS:
        return isinstance(value, bool)
    if key == "points":
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6
    if key == "schema_version":
        return isinstance(value, int) and not isinstance(value, bool)
    if key == "grade_id":
        return isinstance(value, str)
    return key in ("checksum", "cell_type") and isinstance(value, str) and bool(_TAG.fullmatch(value))


def _notebook_metadata(notebook: NotebookNode) -> dict[str, Any]:
    kernel = notebook.get("metadata", {}).get("kernelspec", {})
    name = kernel.get("name") if isinstance(kernel, dict) else None
    name = name if isinstance(name, str) and _TAG.fullmatch(name) else "python3"
    return {
        "kernelspec": {"name": name, "display_name": name, "language": "python"},
        "language_info": {"name": "python", "pygments_lexer": "ipython3", "file_extension": ".py"},
    }


def _input_fields(notebook: NotebookNode) -> frozenset[str]:
    """HTML ids that the formgrader gives to its fields: no heading of a student's may take them."""
    ids = set()
    for cell in notebook.cells:
        nbgrader = cell.get("metadata", {}).get("nbgrader", {})
        if isinstance(nbgrader, dict) and isinstance(nbgrader.get("grade_id"), str):
            ids.add(nbgrader["grade_id"])
    return frozenset(ids)


def _note(text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {"text/plain": f"[{text}]"}}


def _count(node: NotebookNode) -> int | None:
    count = node.get("execution_count")
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _joined(value: Any) -> str:
    """nbformat allows a list of lines wherever it has a text."""
    return value if isinstance(value, str) else "".join(_strings(value))


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
