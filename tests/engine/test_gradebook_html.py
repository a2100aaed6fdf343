"""Markdown for nbgrader's pages: formatting stays, whatever acts on the page or its server goes."""

from __future__ import annotations

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.gradebook.html import clean_rendered, markdown_text

FILTER = {"markdown2html": "autograder.gradebook.html.markdown2html"}


def page(markdown: str) -> str:
    """The body of what nbconvert makes of a Markdown cell with our filter."""
    notebook = new_notebook(cells=[new_markdown_cell(markdown)])
    html, _ = HTMLExporter(template_name="classic", filters=FILTER).from_notebook_node(notebook)
    return html.split("<body", 1)[1]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><g/></svg>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action='/formgrader/api/grade/1'><button>press</button></form>",
        "<a href='javascript:alert(1)'>press</a>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "<style>body{display:none}</style>",
        "<input class='score' id='item'>",
        "<details open ontoggle=alert(1)><summary>s</summary></details>",
        "$\\href{javascript:alert(1)}{press}$",
        "<base href='//elsewhere.example/'>",
        "<div style='position:fixed;top:0;background:url(//elsewhere.example/x)'>over everything</div>",
    ],
)
def test_nothing_acts(hostile: str):
    text = page(hostile)
    for trace in (
        "<script>alert",
        "onerror",
        "onload",
        "ontoggle",
        "<iframe",
        "<form",
        "<button",
        "<svg",
        "<math",
    ):
        assert trace not in text, trace
    for trace in (
        'href="javascript',
        "\\href",
        "<style>body",
        "<input",
        "<base",
        "position",
        "elsewhere.example",
    ):
        assert trace not in text, trace


@pytest.mark.parametrize(
    "address",
    [
        "/formgrader?path=/tmp",
        "../../../formgrader?path=/tmp",
        "//elsewhere.example/x",
        "?path=/tmp",
        "\\\\host\\x",
    ],
)
def test_no_address_of_the_same_server(address: str):
    assert "href" not in clean_rendered(f'<a href="{address}">press</a>')
    assert "src" not in clean_rendered(f'<img src="{address}">')


def test_no_name_that_the_page_reacts_to():
    assert clean_rendered('<b class="full-credit" id="item-1">x</b>') == "<b>x</b>"


def test_formatting_stays():
    text = page(
        "# Title\n\n*a* **b** `c<d>`\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n$x < y$ and [a](https://example.org/)"
    )
    for kept in ("<em>a</em>", "<strong>b</strong>", "<code>c&lt;d&gt;</code>", "<td>1</td>", "$x &lt; y$"):
        assert kept in text
    assert 'href="https://example.org/"' in text


@pytest.mark.parametrize(
    "text", ["a_b*c", "<class 'list'>", "[x](y)", "`code`", "1. a | b", "$x$ & ~y~", "# no title"]
)
def test_plain_text_shows_as_it_is(text: str):
    import html
    import re

    body = page(markdown_text(text))
    shown = html.unescape(re.sub(r"<[^>]+>", "", body))
    assert text in shown
