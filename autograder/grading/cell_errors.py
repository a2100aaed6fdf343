"""What the cells of a notebook stopped with while it ran, for the student's page.

The outputs come from the student's process. Of an error only its type, the line and a message of a well-known form are
repeated, as for errors in a call (`remote.disclosure`).
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

from autograder import notebooks
from autograder.remote.disclosure import Cell, Failure, Submission
from autograder.remote.traces import MAX_MESSAGE

MOST_SENTENCES = 8
_OURS = ("Timeout", "KernelDied", "KernelMessage")  # have a notice of their own
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_MOST_TRACE = 200_000  # characters that are searched for the line


def run_cells_of(notebook: NotebookNode) -> list[Cell]:
    """The code cells that were run, under the numbers that the kernel counts them by, with what stopped them."""
    return [
        Cell(
            number=cell.execution_count,
            name=notebooks.grade_id(cell) or f"{index + 1}",
            text=cell.source,
            failure=_failure(cell),
        )
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and isinstance(cell.get("execution_count"), int)
        and not notebooks.is_experiment(cell)
    ]


def error_sentences(notebook: NotebookNode) -> list[str]:
    """Sentences about the cells that stopped with an error. The public checks are left out: items speak of them."""
    checks = {cell.id for cell in notebooks.grade_cells(notebook) if cell.kind == "autograded"}
    cells = [cell for cell in run_cells_of(notebook) if cell.failure is not None and cell.name not in checks]
    submission = Submission(run_cells_of(notebook))
    sentences = [
        f"Cell {_shown(cell.name)} stopped with {submission.failure(cell)}."
        for cell in cells[:MOST_SENTENCES]
    ]
    if len(cells) > MOST_SENTENCES:
        sentences.append(f"{len(cells) - MOST_SENTENCES} more cells stopped with an error.")
    return sentences


def _shown(name: str) -> str:
    return name if name.isdecimal() else f"`{name}`"


def _failure(cell: NotebookNode) -> Failure | None:
    errors = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
    if not errors or errors[-1].ename in _OURS:
        return None
    trace = _STYLE.sub("", "\n".join(errors[-1].traceback)[:_MOST_TRACE])
    lines = re.findall(rf"(?:Cell In\[{cell.execution_count}\], line |File <tokenize>:)(\d{{1,7}})", trace)
    # Messages are held against forty well-known forms: of megabytes that would take a minute, again and again.
    return Failure(errors[-1].ename, errors[-1].evalue[:MAX_MESSAGE], int(lines[-1]) if lines else None)
