"""The marking guide: what the source notebook says to the people who give points by hand."""

from __future__ import annotations

import re

from nbformat import NotebookNode

from autograder.notebooks.cells import grade_cells

_REGION = re.compile(r"^[^\n]*BEGIN MARK SCHEME[^\n]*\n(.*?)^[^\n]*END MARK SCHEME", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r"^.*(BEGIN|END) (SOLUTION|MARK SCHEME).*\n?", re.MULTILINE)


def marking_guide(source: NotebookNode) -> dict[str, str]:
    """Item -> guide in Markdown, for the manual items of an instructor's notebook.

    The guide of a task is its mark scheme region. An answer cell of the source notebook is guide as a whole:
    nbgrader replaces all of it by a stub in the release.
    """
    guide = {}
    for item in grade_cells(source):
        text = source.cells[item.index].source
        if item.kind == "task":
            guide[item.id] = "\n\n".join(region.strip() for region in _REGION.findall(text))
        elif item.kind == "manual":
            guide[item.id] = _MARKER.sub("", text).strip()
    return guide
