"""What a release must not show: lines of solution, hidden tests and marking guide, and saved outputs.

A line is compared without blanks, comments and the kind of its quotes, and only if it says something: `import
numpy as np`, `return x`, or one call with plain arguments stand in every notebook and give nothing away. What
the student part of a solution cell shows, it shows on purpose. An author who wants a line in both places ends
it, where it is secret, with the comment `# not secret`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.mistakes import Mistake
from autograder.notebooks import grade_id, solution_cells
from autograder.notebooks.cells import marking

NOT_SECRET = "# not secret"

_MIN_CODE = 20  # characters without blanks
_MIN_WORDS = 5  # of a sentence
_REGIONS = {"SOLUTION": "the solution", "HIDDEN TESTS": "a hidden test", "MARK SCHEME": "the marking guide"}
_BEGIN = re.compile(r"BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
_END = re.compile(r"END (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
_STRING = re.compile(r"""(?:[rbfuRBFU]{0,2})("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_PUBLIC_START = re.compile(r"^\s*(import|from|def|async def|class|@|#)\b|^\s*[@#]")
_TELLING = re.compile(r"[-+*/@%<>\[\]|&^~]|==|!=|\(.*\(", re.DOTALL)
_ASSIGNED = re.compile(r"^\s*(return\b|[\w.,\s]+=(?!=))\s*")
_NUMBERS = re.compile(r"\d\.\d{3,}")


class ReleaseLeak(Mistake):
    """A release would show something secret; the message names cell and line, and where the secret stands."""


@dataclass(frozen=True)
class Secret:
    """Something that no release may hold. `flat` is how it is compared: without blanks, in lower case."""

    flat: str
    what: str
    where: str


def refuse_leaks(release: NotebookNode, secrets: Iterable[Secret], name: str) -> None:
    """Raise ReleaseLeak if the release notebook called `name` shows a secret or has saved outputs."""
    secrets = tuple(secrets)
    for number, cell in enumerate(release.cells, start=1):
        place = f"{name}: cell {number}" + (f" ({grade_id(cell)})" if grade_id(cell) else "")
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None):
            raise ReleaseLeak(f"{place} has a saved output; a release has none")
        _refuse_in_text(cell.source, secrets, place)


def refuse_leaks_in_file(text: str, secrets: Iterable[Secret], name: str) -> None:
    """Raise ReleaseLeak if a file that is handed out beside the notebook shows a secret."""
    _refuse_in_text(text, tuple(secrets), name)


def collect_secrets(source: NotebookNode, hidden_tests: Path) -> tuple[Secret, ...]:
    """All secrets of an assignment: from its instructor notebook and from the folder of its hidden tests."""
    shown = "\n".join(flatten(_without_regions(cell.text)) for cell in solution_cells(source))
    found = [*_of_notebook(source), *_of_files(hidden_tests)]
    return tuple({s.flat: s for s in found if s.flat not in shown}.values())


def flatten(text: str) -> str:
    """Text as it is compared: no blanks, no comments at a line's end, one kind of quote, lower case."""
    return "".join(_flat_lines(text))


def _flat_lines(text: str) -> list[str]:
    return [re.sub(r"\s+", "", _without_comment(line)).replace("'", '"').lower() for line in text.split("\n")]


def _without_comment(line: str) -> str:
    """The line up to a `#` that stands in no string and is no Markdown heading."""
    masked = _STRING.sub(lambda match: "_" * len(match[0]), line)
    position = masked.find("#")
    return line if position <= 0 or not masked[:position].strip() else line[:position]


def _refuse_in_text(text: str, secrets: tuple[Secret, ...], place: str) -> None:
    lines = _flat_lines(text)
    flat = "".join(lines)
    for secret in secrets:
        at = flat.find(secret.flat)
        if at >= 0:
            starts = [sum(map(len, lines[:index])) for index in range(len(lines))]
            line = bisect_right(starts, at)
            shown = text.split("\n")[line - 1].strip()
            raise ReleaseLeak(
                f"{place}, line {line} shows {secret.what} ({secret.where}): {shown[:80]!r}. Take it out; "
                f"if students may see it, end the line with “{NOT_SECRET}” in the place named in brackets"
            )


def _of_notebook(source: NotebookNode) -> Iterator[Secret]:
    for number, cell in enumerate(source.cells, start=1):
        where = f"source cell {grade_id(cell) or number}"
        prose = cell.cell_type != "code"
        regions = list(_regions(cell.source))
        for line, what, text in regions:
            yield from _secret(text, what, f"{where}, line {line}", prose)
        mark = marking(cell)
        if mark.get("solution") and not any(what == "the solution" for _, what, _ in regions):
            what = "a model answer" if prose else "the solution"
            for line, text in enumerate(cell.source.split("\n"), start=1):
                yield from _secret(text, what, f"{where}, line {line}", prose)
        if cell.cell_type == "code":
            yield from _of_outputs(cell, where)


def _of_outputs(cell: NotebookNode, where: str) -> Iterator[Secret]:
    """Lines of saved text with measured numbers, and saved pictures."""
    for output in cell.outputs:
        data = output.get("data", {})
        for text in (output.get("text", ""), data.get("text/plain", "")):
            for line in str(text).split("\n"):
                flat = flatten(line)
                if len(flat) >= 12 and _NUMBERS.search(line):
                    yield Secret(flat, "a saved output", where)
        for mime, content in data.items():
            if mime.startswith("image/") and isinstance(content, str) and len(content) > 200:
                yield Secret(flatten(content)[:200], "a saved picture", where)


def _of_files(folder: Path) -> Iterator[Secret]:
    for path in sorted(folder.rglob("*.py")):
        variant = "variants" in path.relative_to(folder).parts
        what = "a variant of the solution" if variant else "a hidden test"
        for line, text in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            yield from _secret(text, what, f"{path.relative_to(folder)}, line {line}", prose=False)


def _secret(text: str, what: str, where: str, prose: bool) -> Iterator[Secret]:
    if text.rstrip().endswith(NOT_SECRET):
        return
    if prose:
        if _tells_in_words(text):
            yield Secret(flatten(text), what, where)
    elif _tells_in_code(text):
        value = _ASSIGNED.sub("", text, count=1)  # the value gives as much away under another name
        yield Secret(flatten(value if _tells_in_code(value) else text), what, where)


def _tells_in_code(line: str) -> bool:
    """Whether a line of code gives something away; see the module's text."""
    if _PUBLIC_START.match(line):
        return False
    code = _STRING.sub("S", _without_comment(line))
    return (
        len(flatten(line)) >= _MIN_CODE
        and len(re.sub(r"[\sS,()]", "", code)) > 2
        and bool(_TELLING.search(code))
    )


def _tells_in_words(line: str) -> bool:
    return len(line.split()) >= _MIN_WORDS and len(flatten(line)) >= _MIN_CODE


def _regions(text: str) -> Iterator[tuple[int, str, str]]:
    """Lines inside delimited regions, as (line number, what the region holds, line)."""
    what = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if begin := _BEGIN.search(line):
            what = _REGIONS[begin[1]]
        elif _END.search(line):
            what = ""
        elif what:
            yield number, what, line


def _without_regions(text: str) -> str:
    """What the student sees of a solution cell: nothing of it if it has no region."""
    if not _BEGIN.search(text):
        return ""
    hidden = {number for number, _, _ in _regions(text)}
    return "\n".join(line for number, line in enumerate(text.split("\n"), start=1) if number not in hidden)
