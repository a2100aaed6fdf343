"""Solutions replaced by others: how a variant of the solution becomes a notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.notebooks.cells import grade_id, solution_cells
from autograder.notebooks.reading import NotebookError

_IMPORT = re.compile(r"^(import|from)\s", re.MULTILINE)


def replace_solutions(
    notebook: NotebookNode, solutions: Mapping[str, str], added: Sequence[tuple[str | None, str]] = ()
) -> NotebookNode:
    """A copy of the notebook with other solutions and further cells; saved outputs of what changed are gone.

    solutions:  grade_id of a solution cell -> its new text
    added:      (grade_id of the cell to stand after, or None for the top; code), in the order they shall have. The top
                is below the first cell that imports, so that what stands there can use what the notebook imports.
    Raises NotebookError for a name that is not a solution cell's, or a cell that is not there.
    """
    changed = deepcopy(notebook)
    names = [cell.grade_id for cell in solution_cells(changed)]
    unknown = sorted(set(solutions) - set(names))
    if unknown:
        raise NotebookError(f"{', '.join(unknown)}: no such solution cell. There are: {', '.join(names)}.")
    for cell in changed.cells:
        name = grade_id(cell)
        if name is not None and name in solutions:
            cell.source = solutions[name]
            if cell.cell_type == "code":
                cell.outputs = []
                cell.execution_count = None
    _insert(changed, added)
    return changed


def _insert(notebook: NotebookNode, added: Sequence[tuple[str | None, str]]) -> None:
    importing = next(
        (cell for cell in notebook.cells if cell.cell_type == "code" and _IMPORT.search(cell.source)), None
    )
    inserted: dict[str | None, int] = {}
    for number, (after, code) in enumerate(added):
        before = [cell is importing if after is None else grade_id(cell) == after for cell in notebook.cells]
        if after is not None and True not in before:
            raise NotebookError(f"{after}: there is no such cell to add one after.")
        position = before.index(True) + 1 if True in before else 0
        position += inserted.get(after, 0)
        notebook.cells.insert(position, new_code_cell(code, id=f"added-{number}"))
        inserted[after] = inserted.get(after, 0) + 1
