"""Bytes that claim to be a notebook -> the canonical text that is graded, or the sentence that says why not.

`autograder.notebooks` parses and bounds the JSON. What is done here is what only a hand-in needs: guess the
encoding of a file that an editor spoiled, name the kind of a file that is no notebook at all, drop what
neither a grade nor a page depends on, and leave out saved outputs that are out of all proportion.
"""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

from autograder.intake.files import printable, too_large
from autograder.intake.submission import RejectedSubmission

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_BYTES = 50_000_000  # of the file: plots and tables are large, and it is still read in a second
MOST_OUTPUT = 10_000_000  # characters of saved outputs that are kept, all cells together
SMALL_OUTPUT = 1_000  # characters of one that is not worth a line saying that it was left out

_KEPT = ("attachments", "cell_type", "execution_count", "id", "source")
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16: its mark starts with the same two bytes
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SIGNATURES = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive (or an office document)"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x89HDF", "a file of saved weights"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x7fELF", "a program"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"{\\rtf", "a text document"),
)
_HAND_IN_NOTEBOOK = "Hand in the notebook itself: a file that ends in .ipynb, as File > Download saves it."


def notebook_text(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the canonical notebook (nbformat 4 JSON) of a hand-in's bytes, and notices for the student.

    The text is the same for files that differ in nothing that decides a grade. Raises RejectedSubmission.
    """
    from autograder import notebooks  # takes half a second to import; who only looks at files does without

    text, notices = _decoded(raw)
    try:
        notebook = notebooks.read(text)
    except notebooks.NotebookError as error:
        raise RejectedSubmission(str(error)) from error
    notices += _other_language(notebook)
    plain = canonical(notebook)
    notices += _trim_outputs(plain["cells"])
    dumped = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return dumped, tuple(notices)


def canonical(notebook: NotebookNode) -> dict[str, Any]:
    """What of a checked notebook can decide a grade or be shown, in plain dicts.

    Cells keep id, type, source, tags, nbgrader metadata, attachments, execution count and outputs. What
    editors and Colab remember, the state of widgets and the metadata of outputs go.
    """
    return {
        "cells": [_cell(cell) for cell in notebook.cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _other_language(notebook: NotebookNode) -> list[str]:
    """A notebook of another kernel is run as Python all the same: the student has to know why nothing works."""
    spec, info = (notebook.metadata.get(key) for key in ("kernelspec", "language_info"))
    named = [
        spec.get("language") if isinstance(spec, dict) else "",
        info.get("name") if isinstance(info, dict) else "",
    ]
    language = next((name for name in named if isinstance(name, str) and name), "python")
    if "python" in language.lower():
        return []
    written = printable(language, 40)
    return [
        f"The notebook says that it is written in {written}. It was run as Python; choose a Python kernel."
    ]


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    if len(raw) > MOST_BYTES:
        raise RejectedSubmission(too_large("The notebook", len(raw), MOST_BYTES))
    if not raw.strip(b"\0 \t\r\n"):
        raise RejectedSubmission(f"The file is empty. {_HAND_IN_NOTEBOOK}")
    for signature, kind in _SIGNATURES:
        if raw[:64].lstrip().lower().startswith(signature.lower()):
            raise RejectedSubmission(f"The file is {kind}, no notebook. {_HAND_IN_NOTEBOOK}")
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if raw.startswith(mark):
            return _decoded_wide(raw, encoding)
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    repaired = raw.decode("utf-8", "replace")
    if _looks_like_utf8(raw):
        return repaired, ["The file is damaged: bytes that are no UTF-8 text were replaced by �."]
    notice = "The file was not saved as UTF-8; it was read as Windows (Latin-1) text."
    return raw.decode("cp1252", "replace"), [notice]


def _decoded_wide(raw: bytes, encoding: str) -> tuple[str, list[str]]:
    try:
        return raw.decode(encoding), [
            "The file was not saved as UTF-8; it was read as UTF-16 or UTF-32 text."
        ]
    except UnicodeDecodeError as error:
        raise RejectedSubmission(
            f"The file is damaged: it is no readable text. {_HAND_IN_NOTEBOOK}"
        ) from error


def _looks_like_utf8(raw: bytes) -> bool:
    """Whether most bytes outside ASCII form UTF-8 sequences: then it is UTF-8 with a few broken bytes."""
    kept = raw.decode("utf-8", "ignore")
    sequences = sum(1 for letter in kept if letter > "\x7f")
    broken = len(raw) - len(kept.encode("utf-8"))
    return sequences > broken


def _cell(cell: NotebookNode) -> dict[str, Any]:
    kept = {key: cell[key] for key in _KEPT if key in cell}
    kept["metadata"] = {key: cell.metadata[key] for key in ("nbgrader", "tags") if key in cell.metadata}
    if cell.cell_type == "code":
        kept["outputs"] = [
            {**output, "metadata": {}} if "metadata" in output else output for output in cell.outputs
        ]
    return kept


def _trim_outputs(cells: list[dict[str, Any]]) -> list[str]:
    """Replace the largest outputs by a line that says so until the rest fits into MOST_OUTPUT characters."""
    sizes = [
        (_size(output), -cell_number, -output_number)
        for cell_number, cell in enumerate(cells)
        for output_number, output in enumerate(cell.get("outputs", ()))
    ]
    total = sum(size for size, _, _ in sizes)
    left_out = 0
    for size, cell_number, output_number in sorted(sizes, reverse=True):
        if total <= MOST_OUTPUT or size <= SMALL_OUTPUT:
            break
        line = f"[{size / 1e6:.1f} MB of output left out by the grader]\n"
        cells[-cell_number]["outputs"][-output_number] = {
            "output_type": "stream",
            "name": "stdout",
            "text": line,
        }
        total -= size
        left_out += 1
    if not left_out:
        return []
    which = (
        "The largest saved output was" if left_out == 1 else f"The {left_out:,} largest saved outputs were"
    )
    return [f"{which} left out, because all together were larger than {MOST_OUTPUT // 1_000_000} MB."]


def _size(value: Any) -> int:
    """Characters of a value's strings, plus something for all else."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + _size(item) + 4 for key, item in value.items())
    if isinstance(value, list):
        return sum(_size(item) + 1 for item in value)
    return 8
