"""What the cells of a running notebook print and show, taken from a kernel that is not trusted.

Its messages may have any content that JSON can hold. What is kept is plain and bounded: valid outputs of a
notebook, of text alone, and of no more than a given size in all, also after they were updated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

OUTPUT_KINDS = frozenset({"stream", "display_data", "execute_result", "update_display_data", "error"})
CUT_SHORT = "\n[The output of this notebook is longer than is kept; the rest was left out.]\n"
_MOST_LINES_OF_A_TRACE = 1000
_LEAST = 8  # what a piece of printed text costs: a million of one character are not a million characters
_MOST_SHOWN_AGAIN = 20  # outputs of one display: each update changes all of them
_LONGEST_NAME = 200  # of an exception, a display, a MIME type
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Outputs:
    """Collects the outputs of one notebook, cell after cell; at most `most` characters of text are kept."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._was_cut = False
        self._clear_before_next = False
        self._streams: dict[str, list[str]] = {}  # of the cell that runs: pieces, joined by `finish`
        self._displays: dict[str, list[NotebookNode]] = {}  # display id -> the outputs that show it

    def take(self, kind: str, content: dict[str, Any], cell: NotebookNode) -> None:
        """Add what a message shows to the outputs of `cell`. What is no output in valid form is dropped."""
        if kind == "clear_output":
            self._clear_before_next = content.get("wait") is True
            if not self._clear_before_next:
                self._clear(cell)
            return
        if kind == "update_display_data":
            self._update(_display_id(content), _bundle(content.get("data")), cell)
            return
        if self._clear_before_next:
            self._clear_before_next = False
            self._clear(cell)
        if kind == "stream":
            name = "stderr" if content.get("name") == "stderr" else "stdout"
            self._print(name, _text(content.get("text")), cell)
        elif kind == "error":
            self._show(_error(content), cell)
        elif kind in ("display_data", "execute_result"):
            output = new_output(kind, data=_bundle(content.get("data")))
            if kind == "execute_result":
                output.execution_count = execution_count(content)
            if self._show(output, cell) and (display := _display_id(content)):
                shown = self._displays.setdefault(display, [])
                del shown[: -_MOST_SHOWN_AGAIN + 1]
                shown.append(output)

    def finish(self, cell: NotebookNode) -> None:
        """The cell has ended, or was stopped: put its printed text together. A line that was overwritten,
        such as a progress bar, keeps its last state."""
        for output in cell.get("outputs", ()):
            if output.output_type == "stream" and output.name in self._streams:
                output.text = _last_state("".join(self._streams.pop(output.name)))
        self._streams.clear()
        self._clear_before_next = False

    def _print(self, name: str, text: str, cell: NotebookNode) -> None:
        kept = text[: max(self._left, 0)]  # what is too long is cut, not lost
        if not text or not self._afford(max(len(kept), _LEAST), cell):
            return
        if name not in self._streams:
            self._streams[name] = []
            cell.outputs.append(new_output("stream", name=name))
        self._streams[name].append(kept)
        if len(kept) < len(text):
            self._say_it_was_cut(cell)

    def _show(self, output: NotebookNode, cell: NotebookNode) -> bool:
        if not self._afford(_size(output), cell):
            return False
        cell.outputs.append(output)
        return True

    def _update(self, display: str, data: dict[str, str], cell: NotebookNode) -> None:
        for output in self._displays.get(display, ()):
            if self._afford(_size(data) - _size(output.data), cell):
                output.data = dict(data)

    def _afford(self, size: int, cell: NotebookNode) -> bool:
        if size <= self._left:
            self._left -= size
            return True
        self._say_it_was_cut(cell)
        return False

    def _say_it_was_cut(self, cell: NotebookNode) -> None:
        if not self._was_cut:
            self._was_cut = True
            cell.outputs.append(new_output("display_data", data={"text/plain": CUT_SHORT}))

    def _clear(self, cell: NotebookNode) -> None:
        self._left += sum(_size(output) for output in cell.outputs if output.output_type != "stream")
        self._left += sum(max(len(piece), _LEAST) for pieces in self._streams.values() for piece in pieces)
        gone = {id(output) for output in cell.outputs}
        for display, outputs in list(self._displays.items()):
            kept = [output for output in outputs if id(output) not in gone]
            if kept:
                self._displays[display] = kept
            else:
                del self._displays[display]
        self._streams.clear()
        cell.outputs = []


def execution_count(content: dict[str, Any]) -> int | None:
    """The number of an execution; None for what is no such number."""
    count = content.get("execution_count")
    return count if type(count) is int and 0 <= count < 2**31 else None


def _error(content: dict[str, Any]) -> NotebookNode:
    trace = content.get("traceback")
    lines = trace[:_MOST_LINES_OF_A_TRACE] if isinstance(trace, list) else []
    error: NotebookNode = new_output(
        "error",
        ename=_text(content.get("ename"))[:_LONGEST_NAME],
        evalue=_text(content.get("evalue")),
        traceback=[_text(line) for line in lines],
    )
    return error


def _bundle(data: object) -> dict[str, str]:
    """The representations that are text. Others (widgets, interactive plots) are named, not kept."""
    if not isinstance(data, dict):
        return {}
    kept = {_text(mime)[:_LONGEST_NAME]: _text(value) for mime, value in data.items() if _is_text(value)}
    if not kept and data:
        kept["text/plain"] = f"[not kept: {', '.join(_text(mime)[:60] for mime in list(data)[:5])}]"
    return kept


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(line, str) for line in value)
    )


def _text(value: object) -> str:
    """Text as a notebook can store it, from one string or from lines; nothing for anything else."""
    joined = value if isinstance(value, str) else "".join(value) if _is_text(value) else ""  # type: ignore[arg-type]
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", joined)


def _display_id(content: dict[str, Any]) -> str:
    transient = content.get("transient")
    display = transient.get("display_id") if isinstance(transient, dict) else None
    return display if isinstance(display, str) and len(display) <= _LONGEST_NAME else ""


def _size(content: object) -> int:
    """Characters of all text in an output, its names included."""
    if isinstance(content, str):
        return len(content)
    parts: Iterable[object] = ()
    if isinstance(content, dict):
        parts = (*content.keys(), *content.values())
    elif isinstance(content, list):
        parts = content
    return sum(_size(part) for part in parts)


def _last_state(text: str) -> str:
    if "\r" not in text:
        return text
    return "\n".join(_overwritten(line) for line in text.split("\n"))


def _overwritten(line: str) -> str:
    shown = line.rstrip("\r")
    return shown.rsplit("\r", 1)[-1] + line[len(shown) :]
