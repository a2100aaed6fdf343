"""What a notebook shows as it was handed in, before anybody runs it.

Read from the nbformat-4 structure (nested dicts and lists): are there outputs, plots and printed figures such
as an accuracy, is there an error message among them, were the cells run in order, is there text around the
results, and do the group's members stand at the top. Nothing is run or rendered. Outputs are the student's
own statement and could be edited, so they are evidence that work is shown, not that it is right.

The structure may be damaged or hostile: wrong types count as absent, amounts are bounded, and nothing is
raised. Units: cells are counted from 1, as a reader counts them.
"""

from __future__ import annotations

import base64
import binascii
import copy
import re
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, cast

MAX_CELLS = 5_000
MAX_OUTPUTS = 2_000  # per cell
MAX_TEXT = 200_000  # characters read of one output
TOP_CELLS = 8  # where the members' names are looked for
MEMBER_CELLS = frozenset({"names", "name", "members", "group", "group-members", "authors", "team"})
METRIC_WORDS = (
    "accuracy|accuracies|acc|loss|losses|error|perplexity|bleu|precision|recall|f1|mse|rmse|mae|auc|score"
    "|genauigkeit|fehler|verlust"
)
PARTS = frozenset({"outputs", "errors", "members"})  # what `ok` rests on unless the caller says otherwise


@dataclass(frozen=True)
class Metric:
    """A printed figure: `word` as it stands beside the number, `value` as printed (94.2 for "94.2 %")."""

    cell: int
    word: str
    value: float


@dataclass(frozen=True)
class SavedOutputs:
    """`ok` if none of the required parts has a problem; `problems` has (part, sentence) for all parts.

    `code_cells` are those with code; `shown` of them have outputs; `not_run` have no execution count;
    `out_of_order` ran before a cell above them; `from_fresh_start` if the counts are 1, 2, 3 ... without
    gaps. `described` is the number of cells with results that have text of the student's next to them.
    """

    ok: bool
    code_cells: int
    shown: int
    plots: int
    metrics: tuple[Metric, ...]
    errors: tuple[tuple[int, str], ...]
    not_run: tuple[int, ...]
    out_of_order: tuple[int, ...]
    from_fresh_start: bool
    described: int
    members: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    sentence: str

    def problem(self, part: str) -> str:
        """The sentence about one part ("outputs", "plots", "metrics", "errors", "order", "text", "members"),
        or ""."""
        return dict(self.problems).get(part, "")


def inspect_notebook(
    notebook: object,
    release: object = None,
    *,
    required: Collection[str] = PARTS,
    member_cells: Collection[str] = MEMBER_CELLS,
) -> SavedOutputs:
    """Judge the handed-in notebook; `release` is the student version, whose own text does not count.

    `required` names the parts that `ok` rests on: outputs, plots, metrics, errors, order, text, members.
    `member_cells` are grade ids, cell ids or tags of the cell for the members' names; without one, a cell
    near the top with a heading or label such as "Group members" is taken. Never raises for a damaged
    notebook.
    """
    cells = list(_cells(notebook))
    given = {_squeeze(_text(cell.get("source"))) for cell in _cells(release)}
    code = [(i, c) for i, c in enumerate(cells, 1) if c.get("cell_type") == "code" and _has_code(c)]
    outputs = {i: list(_outputs(cell)) for i, cell in code}
    metrics = tuple(metric for i, _ in code for metric in _metrics(i, outputs[i]))
    plots = sum(_is_plot(output) for found in outputs.values() for output in found)
    errors = tuple((i, _error_name(o)) for i, found in outputs.items() for o in found if _is_error(o))
    counts = [(i, cell.get("execution_count")) for i, cell in code]
    ran = [(i, count) for i, count in counts if type(count) is int and count > 0]
    late = tuple(i for (i, count), (_, before) in zip(ran[1:], ran, strict=False) if count <= before)
    results = [i for i, found in outputs.items() if found]
    described = sum(_has_text_beside(cells, i, given) for i in results)
    members = _members(cells, release, frozenset(member_cells))
    shown = len(results)
    not_run = tuple(i for i, count in counts if (i, count) not in ran)
    problems = tuple(
        (part, sentence)
        for part, wrong, sentence in (
            (
                "outputs",
                shown == 0,
                "The notebook was saved without any output: run it, save it, hand it in again.",
            ),
            ("plots", plots == 0, "The notebook shows no plot."),
            ("metrics", not metrics, "No accuracy, loss or similar figure is printed in the saved outputs."),
            ("errors", bool(errors), _error_sentence(errors)),
            ("order", bool(late), f"Cell {late[0] if late else 0} was run before the cell above it."),
            ("text", shown > 0 and described == 0, "No text of yours stands beside the results."),
            ("members", not members, "The names of the group's members are missing at the top."),
        )
        if wrong
    )
    counting = [sentence for part, sentence in problems if part in required]
    return SavedOutputs(
        ok=not counting,
        code_cells=len(code),
        shown=shown,
        plots=plots,
        metrics=metrics,
        errors=errors,
        not_run=not_run,
        out_of_order=late,
        from_fresh_start=[count for _, count in ran] == list(range(1, len(ran) + 1)) and not not_run,
        described=described,
        members=members,
        problems=problems,
        sentence=" ".join(counting) or "The saved notebook shows its results.",
    )


def without_checks(notebook: object) -> object:
    """The notebook, a copy, without what its public checks (nbgrader's grade cells of code) print."""
    found = copy.deepcopy(notebook)
    for cell in _cells(found):
        metadata = cell.get("metadata")
        mark = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
        if cell.get("cell_type") == "code" and isinstance(mark, Mapping) and mark.get("grade"):
            cast(MutableMapping[str, Any], cell)["outputs"] = []
    return found


def _cells(notebook: object) -> Iterator[Mapping[str, Any]]:
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    if isinstance(cells, list):
        yield from (cell for cell in cells[:MAX_CELLS] if isinstance(cell, Mapping))


def _outputs(cell: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    outputs = cell.get("outputs")
    if isinstance(outputs, list):
        for output in outputs[:MAX_OUTPUTS]:
            if isinstance(output, Mapping) and (
                _is_error(output) or _output_text(output).strip() or _data(output)
            ):
                yield output


def _text(value: object) -> str:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, list):
        return "".join(part for part in value[:MAX_TEXT] if isinstance(part, str))[:MAX_TEXT]
    return ""


def _data(output: Mapping[str, Any]) -> Mapping[str, Any]:
    data = output.get("data")
    return data if isinstance(data, Mapping) else {}


def _output_text(output: Mapping[str, Any]) -> str:
    raw = _text(output.get("text")) + "\n" + _text(_data(output).get("text/plain"))
    return _ANSI.sub("", raw).replace("\x08", " ").replace("\r", "\n")


def _has_code(cell: Mapping[str, Any]) -> bool:
    return any(
        line.strip() and not line.strip().startswith("#") for line in _text(cell.get("source")).splitlines()
    )


def _is_error(output: Mapping[str, Any]) -> bool:
    return output.get("output_type") == "error"


def _error_name(output: Mapping[str, Any]) -> str:
    return (_text(output.get("ename")) or "error")[:80]


def _is_plot(output: Mapping[str, Any]) -> bool:
    data = _data(output)
    for kind, magic in (("image/png", b"\x89PNG\r\n\x1a\n"), ("image/jpeg", b"\xff\xd8\xff")):
        if _decodes(_text(data.get(kind)), magic):
            return True
    if "<svg" in _text(data.get("image/svg+xml")).lower():
        return True
    html = _text(data.get("text/html")).lower()
    return "application/vnd.plotly.v1+json" in data or "<svg" in html or "data:image/" in html


def _decodes(text: str, magic: bytes) -> bool:
    """True if the base64 text begins like an image of that kind and is long enough to show anything."""
    start = "".join(text[:200].split())
    try:
        head = base64.b64decode(start[: len(start) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return False
    return head.startswith(magic) and len(text) >= 90


def _metrics(cell: int, outputs: list[Mapping[str, Any]]) -> Iterator[Metric]:
    for output in outputs:
        if _is_error(output) or output.get("name") == "stderr":
            continue
        lines = _output_text(output).splitlines()
        for number, line in enumerate(lines):
            short = line[:2_000]
            word = _METRIC.search(short)
            if not word:
                continue
            # The number stands after the word, before it ("94.2 % accuracy"), or below (the head of a table).
            below = lines[number + 1][:2_000] if number + 1 < len(lines) else ""
            value = _NUMBER.search(short, word.end()) or _NUMBER.search(short) or _NUMBER.search(below)
            if value:
                yield Metric(cell, word.group().lower(), float(value.group()))


def _has_text_beside(cells: list[Mapping[str, Any]], position: int, given: Collection[str]) -> bool:
    for near in (position - 2, position):  # the cells above and below, counted from 0
        if 0 <= near < len(cells) and cells[near].get("cell_type") == "markdown":
            text = _squeeze(_text(cells[near].get("source")))
            if text not in given and sum(c.isalpha() for c in text) >= 15:
                return True
    return False


def _members(cells: list[Mapping[str, Any]], release: object, wanted: frozenset[str]) -> tuple[str, ...]:
    """Names in the members' cell: what stands there beyond labels and the release's placeholder."""
    templates = {_label(cell): _text(cell.get("source")) for cell in _cells(release) if _label(cell)}
    known = {_squeeze(line) for cell in _cells(release) for line in _text(cell.get("source")).splitlines()}
    marked = [cell for cell in cells if _marks(cell) & wanted]
    top = [cell for cell in cells[:TOP_CELLS] if _LABEL.search(_text(cell.get("source"))[:2_000])]
    for cell in marked or top:
        text = _text(cell.get("source"))[:5_000]
        template = templates.get(_label(cell), "")
        names = _names(text, template, known, code=cell.get("cell_type") == "code")
        if names:
            return names
    return ()


def _marks(cell: Mapping[str, Any]) -> set[str]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, Mapping) else None
    found = {_label(cell), cell.get("id")} | set(tags if isinstance(tags, list) and _strings(tags) else [])
    return {mark for mark in found if isinstance(mark, str)}


def _strings(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _label(cell: Mapping[str, Any]) -> str:
    """The nbgrader grade id, or ""."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, Mapping) else None
    return grade_id if isinstance(grade_id, str) else ""


def _names(text: str, template: str, known: Collection[str], code: bool) -> tuple[str, ...]:
    if code:
        text = "\n".join(quoted for _, quoted in _QUOTED.findall(text))
    template_words = {word.lower() for word in _WORD.findall(template)}
    names: list[str] = []
    for line in text.splitlines():
        if _squeeze(line) in known or (
            not code and line.lstrip().startswith("#") and not _LABEL.search(line)
        ):
            continue
        # A label ends at its colon; a heading that is nothing but a label names nobody.
        rest = _LABEL.split(line)[-1].split(":", 1)[-1] if _LABEL.search(line) else line
        for part in _BETWEEN.split(rest):
            words = _WORD.findall(part)
            own = [w for w in words if w.lower() not in _FILLER and w.lower() not in template_words]
            if own and len("".join(own)) >= 2 and len(words) <= 8:
                names.append(" ".join(words)[:80])
    return tuple(dict.fromkeys(names))[:12]


def _error_sentence(errors: tuple[tuple[int, str], ...]) -> str:
    if not errors:
        return ""
    cell, name = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return (
        f"The saved output of cell {cell} is an error, {name}{more}: repair it, run all, save, hand in again."
    )


def _squeeze(text: str) -> str:
    return " ".join(text.split())


_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_METRIC = re.compile(rf"(?<![a-z])(?:{METRIC_WORDS})(?![a-z])", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d{1,12}\.\d{1,20}(?:[eE][-+]?\d{1,3})?"
    r"|\d{1,3}(?=\s?%)|\d{1,3}[eE]-?\d{1,3}|[01](?![\d.:/\w]))"
)
_LABEL = re.compile(
    r"\b(?:group\s+members?|members?|team|authors?|names?|collaborators|gruppe|gruppenmitglieder|namen)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"([\"'])((?:(?!\1)[^\\\n]){0,300})\1")
_WORD = re.compile(r"[^\W\d_]{1,40}(?:[-'’.][^\W\d_]{1,40}){0,4}")
_BETWEEN = re.compile(r"[,;/&|•*]|\band\b|\bund\b|<br\s*/?>|\s-\s|\n")
_FILLER = frozenset(
    {
        "name",
        "names",
        "first",
        "last",
        "surname",
        "given",
        "student",
        "students",
        "id",
        "matriculation",
        "number",
    }
    | {
        "matrikelnummer",
        "nr",
        "group",
        "members",
        "member",
        "team",
        "author",
        "authors",
        "of",
        "the",
        "your",
        "our",
    }
    | {
        "here",
        "please",
        "enter",
        "write",
        "insert",
        "fill",
        "in",
        "todo",
        "tba",
        "xxx",
        "placeholder",
        "answer",
    }
    | {
        "and",
        "e.g",
        "example",
        "none",
        "nobody",
        "replace",
        "this",
        "line",
        "text",
        "by",
        "with",
        "cell",
        "edit",
    }
    | {"double", "click", "to", "br"}
)
