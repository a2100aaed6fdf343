"""The notebook in autograded/: what nbgrader's formgrader shows and its feedback is made from.

Each grade cell's output says what was found, and ends in the points as a plain number, which is what nbgrader
itself would read the score from.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.gradebook.cells import CourseCell, CourseNotebook, checksum
from autograder.gradebook.html import markdown_text
from autograder.grading.grade import Grade, ItemGrade, Outcome, Status
from autograder.notebooks import grade_id
from autograder.sanitise import clean_notebook, clean_text

_WORDS = {
    Status.PASSED: "passed",
    Status.PARTIAL: "partly passed",
    Status.FAILED: "not passed",
    Status.ERROR: "error in your code",
    Status.TIMEOUT: "ran out of time",
    Status.MISSING: "missing",
    Status.DEFERRED: "still open",
    Status.MANUAL: "graded by a person",
}

FOR_GRADERS = "graders"
# From a marker's line to its end marker's line, or to the end of the cell where that one is missing.
_HIDDEN_REGION = re.compile(
    r"^[^\n]*BEGIN (MARK SCHEME|HIDDEN TESTS)\b.*?(^[^\n]*END \1\b[^\n]*\n?|\Z)", re.MULTILINE | re.DOTALL
)


def autograded_notebook(
    grade: Grade, course: CourseNotebook, previous: NotebookNode | None = None
) -> NotebookNode:
    """The notebook to show for `grade`, cleaned of everything that could act in a browser.

    `previous` is what was shown before; it lends the outputs of grade cells that this grading did not touch
    (a later grading of deferred items alone). A rejected hand-in gets a notebook that says why, with the
    cells that have points.
    """
    if grade.status == "rejected" or not grade.notebook:
        notebook = _page_of_rejected(grade, course.cells)
    else:
        notebook = clean_notebook(nbformat.v4.reads(grade.notebook), course.texts)
    _settle_roles(notebook, course.cells)
    reports = {item.id: item for item in grade.items}
    shown_before = {grade_id(cell): cell for cell in previous.cells} if previous is not None else {}
    graded = {cell.name: cell for cell in course.cells if cell.grade and not cell.manual}
    for cell in notebook.cells:
        name = grade_id(cell)
        if name not in graded or cell.cell_type != "code":
            continue
        if name in reports:
            cell.outputs = _report(reports[name], graded[name].points or 0.0)
        else:
            cell.outputs = shown_before[name].get("outputs", []) if name in shown_before else []
        cell.execution_count = None
    _add_guides(notebook, course.guides)
    return notebook


def without_guides(notebook: NotebookNode) -> NotebookNode:
    """What students may see of such a notebook: no marking guide, no region that is marked as hidden."""
    kept = copy.deepcopy(notebook)
    kept.cells = [
        cell for cell in kept.cells if cell.metadata.get("autograder", {}).get("audience") != FOR_GRADERS
    ]
    for cell in kept.cells:
        cell.source = _HIDDEN_REGION.sub("", cell.source)
    return kept


def is_unanswered(notebook: NotebookNode, cell: CourseCell) -> bool:
    """Whether an answer cell is as it was handed out, or not there."""
    answers = [found for found in notebook.cells if grade_id(found) == cell.name]
    return not answers or checksum(answers[0]) == cell.checksum


def answer(notebook: NotebookNode | None, name: str) -> str | None:
    """The text of the cell called `name`, or None."""
    found = [cell.source for cell in notebook.cells if grade_id(cell) == name] if notebook is not None else []
    return found[0] if found else None


def comments(grade: Grade, notebook: NotebookNode, cells: Sequence[CourseCell]) -> dict[str, str | None]:
    """Automatic comments, by the answer cells and tasks that nbgrader keeps comments for.

    What an item's tests found is said at the answer cell before it, as Markdown; None where nothing is to be
    said. A cell is left out where the grade speaks of none of the items that belong to it.
    """
    belonging: dict[str, list[str]] = {cell.name: [] for cell in cells if cell.solution or cell.task}
    at: str | None = None
    for cell in cells:
        at = cell.name if cell.name in belonging else at
        if at is not None and cell.graded and not cell.manual:
            belonging[at].append(cell.name)
    if grade.status == "rejected":
        reason = markdown_text(grade.reason)
        return {name: reason if name == next(iter(belonging)) else None for name in belonging}
    items = {item.id: item for item in grade.items}
    by_name = {cell.name: cell for cell in cells}
    result: dict[str, str | None] = {}
    for name, belong in belonging.items():
        if belong and not any(item in items for item in belong):
            continue
        said = [text for item in belong if item in items for text in _sentences(items[item])]
        if by_name[name].solution and is_unanswered(notebook, by_name[name]):
            said.insert(0, "No response.")
        result[name] = "\n\n".join(said) or None
    return result


def shown_points(item: ItemGrade, points: float) -> float:
    """The item's score as nbgrader may store it: between 0 and the cell's points; 0 while it is open."""
    return float(min(max(item.score or 0.0, 0.0), points))


def _page_of_rejected(grade: Grade, cells: Sequence[CourseCell]) -> NotebookNode:
    reason = grade.reason or "The hand-in could not be graded."
    notebook: NotebookNode = new_notebook()
    notebook.cells.append(
        new_markdown_cell(
            f"# This hand-in could not be graded\n\n{markdown_text(reason)}\n\nIt has 0 points so far.",
            id="rejected",
        )
    )
    for number, cell in enumerate(cells):
        if not cell.graded:
            continue
        metadata = {
            "nbgrader": {
                "grade": cell.grade,
                "grade_id": cell.name,
                "locked": cell.locked,
                "points": cell.points,
                "schema_version": 3,
                "solution": cell.solution,
                "task": cell.task,
                "cell_type": cell.cell_type,
            }
        }
        new_cell = new_markdown_cell if cell.cell_type == "markdown" else new_code_cell
        source = cell.source if cell.locked else ""
        # Ids of its own choice would make another file of the same grade.
        notebook.cells.append(new_cell(source, metadata=metadata, id=f"cell-{number}"))  # type: ignore[no-untyped-call]
    return notebook


def _settle_roles(notebook: NotebookNode, cells: Sequence[CourseCell]) -> None:
    """Give each cell its role in the course: an unknown or repeated id would stop nbgrader's feedback."""
    known = {cell.name: cell for cell in cells}
    for cell in notebook.cells:
        if "nbgrader" not in cell.metadata:
            continue
        course_cell = known.pop(grade_id(cell) or "", None)
        if course_cell is None:
            del cell.metadata["nbgrader"]
            continue
        cell.metadata["nbgrader"] = NotebookNode(
            cell_type=course_cell.cell_type,
            checksum=course_cell.checksum,
            grade=course_cell.grade,
            grade_id=course_cell.name,
            locked=course_cell.locked,
            schema_version=3,
            solution=course_cell.solution,
            task=course_cell.task,
        )
        if course_cell.points is not None:
            cell.metadata["nbgrader"]["points"] = course_cell.points


def _add_guides(notebook: NotebookNode, guides: Mapping[str, str]) -> None:
    """Put the marking guide before each answer that a person reads; `without_guides` takes it out."""
    shown: list[NotebookNode] = []
    for cell in notebook.cells:
        name = grade_id(cell)
        if name is not None and guides.get(name):
            guide = new_markdown_cell(f"**Marking guide** (not for students)\n\n{guides[name]}")
            guide.id = f"guide-{len(shown)}"
            guide.metadata["autograder"] = {"audience": FOR_GRADERS}
            shown.append(guide)
        shown.append(cell)
    notebook.cells = shown


def _report(item: ItemGrade, points: float) -> list[NotebookNode]:
    """What was found, and the points as nbgrader reads them."""
    score = shown_points(item, points)
    given = "open" if item.score is None else f"{score:g}"
    lines = [f"{item.title or item.id}: {given} of {points:g} points ({_WORDS[item.status]})"]
    if item.message and not item.outcomes:  # otherwise it only repeats them
        lines.append(item.message)
    for outcome in item.outcomes:
        lines += _lines(outcome)
    text = clean_text("\n".join(lines), 100_000) + "\n"
    return [
        new_output("stream", name="stdout", text=text),
        new_output("execute_result", data={"text/plain": repr(score)}, execution_count=None),
    ]


def _lines(outcome: Outcome) -> list[str]:
    lines = [f"- {(outcome.checked or outcome.test).rstrip('.')}: {_WORDS[outcome.status]}"]
    lines += [f"    {text}" for text in (outcome.message, outcome.hint and f"Hint: {outcome.hint}") if text]
    return lines


def _sentences(item: ItemGrade) -> list[str]:
    """What a student should read about an item that did not get all its points."""
    if item.status in (Status.PASSED, Status.MANUAL):
        return []
    said = [f"{outcome.message} {outcome.hint}".strip() for outcome in item.outcomes if outcome.message]
    texts = list(dict.fromkeys(said)) or [item.message or _WORDS[item.status]]
    title = markdown_text(item.title or item.id)
    return [f"**{title}**: " + " ".join(markdown_text(text) for text in texts)]
