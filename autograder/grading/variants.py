"""Variants of an assignment's solution: wrong ones that must lose points, unusual ones that must not.

A variant is a percent-format Python file:

    (a docstring that says what is unusual or wrong)
    # expect: loses mlp-init mlp-training
    # may-lose: mlp-gradients
    # %% init_params
    def init_params(n_in, n_hidden, n_out, seed): ...

A cell `# %% <grade_id>` replaces that solution cell; `# %% +` adds a student's own code cell after the cell
named before it; at the top, below the notebook's imports, if none was. A cell that also defines functions which
belong into solution cells further down, and that the variant does not name, stands for those cells too: they are
emptied, so that the solution does not redefine what the variant has defined.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder import notebooks
from autograder.grading.grade import Grade, ItemGrade, Status
from autograder.mistakes import Mistake

_CELL = re.compile(r"^# %%[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_HEADER = re.compile(r"^#\s*(expect|may-lose)\s*:\s*(.*?)\s*$", re.MULTILINE)
SAVED_OUTPUT_ITEMS = frozenset({"hand-in"})  # a variant has no saved outputs


class VariantError(Mistake):
    """A variant file that cannot be read; names the file and what is wrong with it."""


@dataclass(frozen=True)
class Variant:
    """One variant. `loses` is empty for an unusual correct solution (`expect: full`)."""

    name: str
    description: str
    loses: frozenset[str]
    may_lose: frozenset[str]
    replaced: dict[str, str]  # grade_id -> code
    added: tuple[tuple[str | None, str], ...]  # (grade_id after which, or None for the top; code)

    def apply(self, solution: NotebookNode) -> NotebookNode:
        """The notebook that a student with this solution would hand in, without saved outputs.

        Raises `VariantError` when a cell of the variant names no solution cell of the notebook.
        """
        known = {cell.grade_id for cell in notebooks.solution_cells(solution)}
        named = set(self.replaced) | {after for after, _ in self.added if after is not None}
        unknown = sorted(name for name in named if cell_named(name, known) not in known)
        if unknown:
            raise VariantError(
                f"{self.name}: there is no solution cell {', '.join(unknown)}; "
                f"the notebook has {', '.join(sorted(known))}."
            )
        replaced = {cell_named(name, known): code for name, code in self.replaced.items()}
        replaced |= _emptied([cell.grade_id for cell in notebooks.solution_cells(solution)], replaced)
        added = tuple(
            (None if after is None else cell_named(after, known), code) for after, code in self.added
        )
        return notebooks.replace_solutions(solution, replaced, added)

    def disagreements(self, grade: Grade) -> list[str]:
        """In words, where the grade is not what the variant expects; empty if it agrees.

        An item that waits for a GPU says nothing yet, named or not.
        """
        if grade.status == "rejected":
            return [f"was rejected: {grade.reason}"]
        known = {item.id for item in grade.items}
        found = [
            f"names no item of the assignment: {name}"
            for name in sorted((self.loses | self.may_lose) - known)
        ]
        for item in grade.items:
            lost = _lost(item)
            if item.status == Status.DEFERRED:
                continue
            if item.id in self.loses and not lost:
                found.append(f"keeps {item.id} ({_points(item)}), which it should lose")
            elif lost and item.id not in self.loses | self.may_lose and item.id not in SAVED_OUTPUT_ITEMS:
                found.append(f"loses {item.id} ({_points(item)}): {item.message or item.status}")
        return found


def cell_named(name: str, known: set[str]) -> str:
    """The solution cell that a variant calls `name`.

    That is the cell of this grade_id. Where an item has the function's name (`analogy`), nbgrader, which wants each id
    once, leaves that id to the grade cell, and the solution cell is called `<name>-function`.
    """
    return f"{name}-function" if name not in known and f"{name}-function" in known else name


def _emptied(cells: list[str], replaced: dict[str, str]) -> dict[str, str]:
    """The solution cells, with no text, whose functions a replaced cell before them defines."""
    known, found = set(cells), {}
    for name, code in replaced.items():
        later = cells[cells.index(name) + 1 :]
        defined = {cell_named(function, known) for function in _functions(code)}
        found.update({cell: "" for cell in later if cell in defined and cell not in replaced})
    return found


def _functions(code: str) -> list[str]:
    """The functions that a cell defines; none for code that is no Python, which may be a variant's point."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def read_variants(folder: Path) -> list[Variant]:
    """All variants of a folder, by name; files that start with `_` are helpers, not variants."""
    if not folder.is_dir():
        raise VariantError(f"{folder} is no folder of variants.")
    return [read_variant(path) for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]


def read_variant(path: Path) -> Variant:
    """One variant file. Raises `VariantError` if its header or a cell cannot be understood."""
    text = path.read_text(encoding="utf-8")
    parts = _CELL.split(text)
    header = dict(_HEADER.findall(parts[0]))
    expected = header.get("expect", "").split()
    if expected[:1] not in (["full"], ["loses"]) or (expected[0] == "loses") == (len(expected) == 1):
        raise VariantError(
            f"{path.name}: needs a line `# expect: full` or `# expect: loses ITEM …` before its first cell."
        )
    replaced: dict[str, str] = {}
    added: list[tuple[str | None, str]] = []
    last: str | None = None
    for name, code in zip(parts[1::2], parts[2::2], strict=True):
        if name == "+":
            added.append((last, code.strip("\n")))
        elif not name or name in replaced:
            raise VariantError(
                f"{path.name}: each cell starts with `# %% <grade_id>`, once an id, or `# %% +`; found {name!r}."
            )
        else:
            replaced[name] = code.strip("\n")
            last = name
    return Variant(
        name=path.stem,
        description=_docstring(path, parts[0]),
        loses=frozenset(expected[1:] if expected[0] == "loses" else ()),
        may_lose=frozenset(header.get("may-lose", "").split()),
        replaced=replaced,
        added=tuple(added),
    )


def _docstring(path: Path, head: str) -> str:
    try:
        return " ".join((ast.get_docstring(ast.parse(head)) or "").split())
    except SyntaxError as error:
        raise VariantError(
            f"{path.name}: line {error.lineno} before its first cell is no Python: {error.msg}."
        ) from error


def _lost(item: ItemGrade) -> bool:
    """Whether points are lost; those that a person or another machine gives are never lost here."""
    return (
        item.score is not None
        and item.status not in (Status.MANUAL, Status.DEFERRED)
        and item.score < item.max_score
    )


def _points(item: ItemGrade) -> str:
    return f"{item.score:g} of {item.max_score:g}" if item.score is not None else "open"
