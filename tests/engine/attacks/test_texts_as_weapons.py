"""Lines 9, 28 and 35 of the notes: short texts that keep whoever reads them busy for hours, or fill the memory.

A student's process is bounded by its limits. What it says is read by the grader, which has none: so the grader may read
nothing in a way that some texts make slow.
"""

from __future__ import annotations

import nbformat
import pytest
from arena import Arena

from autograder.sanitise import clean_notebook

MESSAGES = {
    "sizes that can be divided in many ways": f"shapes ({'1' * 30}) and ({'1' * 30}x",
    "and more of them": f"Matrix size-incompatible: In[0]: ({'1' * 54}), In[1]: ({'1' * 54}x",
    "forms begun often": "shapes (1 " * 200,
}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_that_takes_hours_to_read(arena: Arena, message: str) -> None:
    """28: the message of an exception, looked through for what of it a student may read."""
    body = f"def standardise(x):\n    raise ValueError({MESSAGES[message]!r})"
    result = arena.attack(solutions={"standardise": body})
    assert result.messages[0].startswith("`standardise` raised ValueError (line 2 of cell")


OUTPUTS = {
    "a drawing full of addresses": ("image/svg+xml", "drawing('url(#a)' * 60 + '!')"),
    "a style full of addresses": ("image/svg+xml", "drawing('', 'fill:' + 'url(#a)' * 60 + '!')"),
    "a drawing of document types": ("image/svg+xml", "'<!DOCTYPE' * 20_000"),
    "HTML that is never closed": ("text/html", "'<div></x>' * 20_000"),
    "HTML that opens again and again": (
        "text/html",
        "'<p>' + ''.join(f'<b a{i}>' for i in range(190)) + '</p>' + '<p>x' * 45_000",
    ),
    "Markdown of fences": ("text/markdown", "'`' * 60_000"),
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_that_takes_hours_to_clean(arena: Arena, output: str) -> None:
    """35: what a cell shows, made safe for a page."""
    mime, text = OUTPUTS[output]
    show = f"""
from IPython.display import display
def drawing(fill, style=""):
    return f'<svg xmlns="http://www.w3.org/2000/svg"><rect fill="{{fill}}" style="{{style}}"/></svg>'
display({{{mime!r}: {text}}}, raw=True)
"""
    result = arena.attack(show)
    cleaned = clean_notebook(nbformat.reads(result.grade.notebook, 4))
    assert len(nbformat.writes(cleaned)) < 1_000_000
