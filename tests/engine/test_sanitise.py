"""What a student wrote or printed does nothing when it is shown, and says what it said."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from PIL import Image, PngImagePlugin

from autograder.sanitise import (
    clean_html,
    clean_image,
    clean_line,
    clean_markdown,
    clean_notebook,
    clean_text,
)
from autograder.sanitise.svg import clean_svg

ACT = "document.documentElement.setAttribute('data-acted','yes')"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'

HOSTILE = [
    f"<script>{ACT}</script>",
    f"<ScRiPt >{ACT}</sCrIpT>",
    f"<scr<script>ipt>{ACT}</scr</script>ipt>",
    f'<img src=x onerror="{ACT}">',
    f"<img/src=x/onerror={ACT}>",
    f"<svg onload={ACT}>",
    f"<svg><script>{ACT}</script></svg>",
    f'<svg><animate onbegin="{ACT}" attributeName=x dur=1s>',
    f'<math><mtext><table><mglyph><style><img src=x onerror="{ACT}">',
    f"<body onload={ACT}>",
    f'<iframe srcdoc="<script>parent.{ACT}</script>"></iframe>',
    f'<iframe src="javascript:parent.{ACT}"></iframe>',
    f'<object data="data:text/html,<script>{ACT}</script>"></object>',
    f"<embed src=\"javascript:{ACT}\">",
    f'<details open ontoggle="{ACT}">x</details>',
    f'<a href="javascript:{ACT}">x</a>',
    f'<a href=" java\tscript:{ACT}">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    f'<form action="javascript:{ACT}"><button>go</button></form>',
    f'<div style="background:url(javascript:{ACT});width:expression({ACT})">x</div>',
    f"<style>@import 'javascript:{ACT}';*{{background:url(http://evil.example/)}}</style>",
    '<link rel="stylesheet" href="http://evil.example/x.css"><base href="http://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=http://evil.example/">',
    f"</pre></div></textarea></title></style></script><script>{ACT}</script>",
    f"--><script>{ACT}</script><!--",
    f"]]><script>{ACT}</script>",
    f"<x\x00script>{ACT}</x><\x00script>{ACT}</script>",
    f"[x](javascript:{ACT})",
    f"[x](JaVaScRiPt:{ACT})",
    f"[x](java&#x09;script&colon;{ACT})",
    f"[x](&#106;avascript&#58{ACT})",
    f"[x](javascript\\:{ACT})",
    f"[x](<javascript:{ACT}>)",
    f"[x][r]\n\n[r]: javascript:{ACT}\n",
    f"<javascript:{ACT}>",
    f"[x](files/javascript:{ACT})",
    f"[x](vbscript:{ACT}) [x](data:text/html,<script>{ACT}</script>)",
    f'[x](https://example.com "onmouseover={ACT}")',
    f"![x](x\"onerror=\"{ACT})",
    "![x](https://evil.example/pixel.png)",
    "![x][r]\n\n[r]: https://evil.example/pixel.png\n",
    "![x](attachment:nowhere.png)",
    f"<table>\n<https://x/onclick={ACT}>\n</table>",
    f"```mermaid\n<script>{ACT}</script>\n```",
    f"```html\n</code></pre><script>{ACT}</script>\n```",
    f"`</code><script>{ACT}</script>`",
    f"$</span><script>{ACT}</script>$ and $$<img src=x onerror={ACT}>$$",
    f"\\begin{{align}}<img src=x onerror={ACT}>\\end{{align}}",
    rf"$\href{{javascript:{ACT}}}{{x}} \style{{color:red}}{{y}} \class{{hidden}}{{z}}$",
    rf"$\hre&#102;{{javascript:{ACT}}}{{x}}$",
    f"﹤script﹥{ACT}﹤/script﹥ ＜script＞{ACT}＜/script＞",
    "\u202egnp.exe\u202c \u2066\u200b \ufeff\U000e0041",
    "# mlp-init\n\nmlp\\-init\n===\n\n# **mlp**-init\n\n## mlp-init-comment",
]  # fmt: skip

ACTIVE = re.compile(r"(?:java|vb|live)script:|data:(?!image/(?:png|jpeg|svg\+xml);)")
DRAWING = "data:image/svg+xml;base64,"


class Dom(HTMLParser):
    """Every element of a page with its attributes, as a list."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def dangers(page: str) -> list[str]:
    """What in a page could act or fetch by itself."""
    found = []
    for tag, attributes in Dom(page).elements:
        if tag in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "link",
            "meta",
            "base",
            "form",
            "svg",
            "math",
            "template",
        }:
            found.append(tag)
        for name, value in attributes.items():
            address = re.sub(r"[\x00-\x20]", "", value).lower()
            if name.startswith("on") or name in {
                "style",
                "srcdoc",
                "formaction",
                "srcset",
                "background",
                "action",
            }:
                found.append(f"{tag} {name}")
            if name in {"href", "src", "xlink:href"} and ACTIVE.match(address):
                found.append(f"{tag} {name}={address[:40]}")
            if tag == "img" and value.startswith(DRAWING):
                found += [f"drawing: {danger}" for danger in dangers_of_drawing(value.removeprefix(DRAWING))]
            if name == "src" and not address.startswith("data:image/"):
                found.append(f"{tag} fetches {address[:40]}")
    return found


def dangers_of_drawing(data: str) -> list[str]:
    elements = Dom(base64.b64decode(data).decode()).elements
    names = {tag for tag, _ in elements} & {
        "script",
        "foreignobject",
        "image",
        "style",
        "a",
        "animate",
        "set",
    }
    return sorted(names) + [
        name for _, attributes in elements for name in attributes if name.startswith("on")
    ]


def png(width: int = 4, height: int = 3, **chunks: str) -> str:
    info = PngImagePlugin.PngInfo()
    for key, value in chunks.items():
        info.add_text(key, value)
    file = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "PNG", pnginfo=info)
    return base64.b64encode(file.getvalue()).decode()


def notebook(*cells: dict[str, Any], **metadata: Any) -> NotebookNode:
    return nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    )


def markdown_cell(text: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text, **more}


def code_cell(
    *outputs: dict[str, Any], source: str = "1", metadata: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": "c", "metadata": metadata or {}, "source": source,
        "execution_count": 1, "outputs": list(outputs),
    }  # fmt: skip


def shown(**data: Any) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {k.replace("__", "/").replace("_", "+"): v for k, v in data.items()},
    }


def rendered(nb: NotebookNode) -> str:
    """The cells as nbconvert, and with the same filters nbgrader's pages, put them on a page."""
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(nb)
    return str(page)


def hostile_notebook(payload: str) -> NotebookNode:
    script = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"application/javascript": ACT, "text/plain": payload},
    }
    return notebook(
        markdown_cell(payload),
        {"cell_type": "raw", "id": "r", "metadata": {"raw_mimetype": "text/html"}, "source": f"a {payload} b"},
        code_cell(
            script,
            shown(text__html=payload),
            shown(text__markdown=payload),
            shown(text__latex=payload),
            shown(image__png=f'x" onerror="{ACT}'),
            shown(image__svg_xml=f"{SVG}{payload}</svg>"),
            {**shown(image__png=png()), "metadata": {"image/png": {"width": f"1 onload={ACT}"}}},
            {"output_type": "stream", "name": payload, "text": payload},
            {"output_type": "error", "ename": payload, "evalue": payload, "traceback": [payload]},
            {"output_type": "execute_result", "execution_count": payload, "metadata": {},
             "data": {"application/vnd.jupyter.widget-view+json": {"model_id": payload}, payload: payload}},
            source=payload,
            metadata={"tags": [payload], "nbgrader": {"grade_id": payload, "points": payload, "grade": True}},
        ),
        title=payload, widgets={"application/vnd.jupyter.widget-state+json": {payload: payload}},
        language_info={"name": payload, "pygments_lexer": payload},
        kernelspec={"name": payload, "display_name": payload},
    )  # fmt: skip


@pytest.mark.parametrize("payload", HOSTILE)
def test_nothing_on_a_rendered_page_acts(payload: str) -> None:
    assert dangers(rendered(clean_notebook(hostile_notebook(payload)))) == []
    assert dangers(clean_html(payload)) == []


def test_the_watch_sees_what_acts() -> None:
    assert dangers(rendered(notebook(markdown_cell(HOSTILE[3])))) == ["img onerror", "img fetches x"]
    link = f"[x](javascript:{ACT})"
    assert link in HOSTILE
    assert dangers(rendered(notebook(markdown_cell(link))))


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
@pytest.mark.parametrize("payload", [HOSTILE[0], HOSTILE[3], HOSTILE[5], "\n\n".join(HOSTILE)], ids=range(4))
def test_chromium_runs_nothing(tmp_path: Path, payload: str) -> None:
    pages = [rendered(clean_notebook(hostile_notebook(part))) for part in (payload, *payload.split("\n\n"))]
    assert not acts_in_chromium("\n".join(pages), tmp_path)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_chromium_would_run_it(tmp_path: Path) -> None:
    assert acts_in_chromium(rendered(notebook(markdown_cell(HOSTILE[3]))), tmp_path)


CHROMIUM = (
    "chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --dump-dom"
)


def acts_in_chromium(body: str, folder: Path) -> bool:
    file = folder / "page.html"
    file.write_text(f"<!DOCTYPE html><html><body>{body}</body></html>", encoding="utf-8")
    command = [*CHROMIUM.split(), f"--user-data-dir={folder / 'profile'}", file.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "jp-" in dom or "cell" in dom
    return "data-acted" in dom[: dom.index("<body")]


ORDINARY = [
    "Ein Satz mit **fett**, *kursiv*, `code < 3` und ~~weg~~; Größe: ä ö ü ß €.",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "1. one\n2. two\n   - deeper\n\n> quoted",
    "$\\frac{a}{b} < c$ and $$\\sum_{i=1}^n x_i \\leq 3$$ and \\begin{align} a &= b \\\\ c &= d \\end{align}",
    "[a link](https://example.com/a?b=c&d=e#f) and [mail](mailto:a@example.com) and [part](#here)",
    "```python\nif a < 3 and b > 4:\n    print('data: x')\n```",
    "line<br>break, H<sub>2</sub>O, <b>bold</b>, <kbd>C</kbd>\n\n<details><summary>m</summary>text</details>",
    "The data: 60,000 images. JavaScript is not used. x <3 y, 2 < 3",
    "- [ ] open\n- [x] done",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_markdown_and_mathematics_stay_as_they_are(text: str) -> None:
    assert clean_markdown(text) == text


def test_a_cell_of_the_course_is_not_touched() -> None:
    text = '<div class="hint">Think of <img src="pictures/net.png"></div>'
    nb = notebook(markdown_cell(text), markdown_cell(text + "!"))
    cleaned = clean_notebook(nb, course_texts={text})
    assert cleaned.cells[0].source == text
    assert "<div class" not in cleaned.cells[1].source


def test_an_attached_picture_stays_under_a_new_name() -> None:
    cell = markdown_cell(
        "see ![plot](attachment:my%20plot.png) and ![b](attachment:none.png)",
        attachments={
            "my plot.png": {"image/png": png(Comment="<script>")},
            "x.svg": {"image/svg+xml": SVG + "</svg>"},
        },
    )
    cleaned = clean_notebook(notebook(cell)).cells[0]
    assert cleaned.source == "see ![plot](attachment:picture-1.png) and ! [b](attachment:none.png)"
    assert list(cleaned.attachments) == ["picture-1.png"]
    assert "data:image/png;base64," in rendered(clean_notebook(notebook(cell)))


def test_no_heading_takes_the_id_of_an_input_field() -> None:
    nb = notebook(
        markdown_cell("# mlp-init\n\n**mlp**-init\n======\n\n# [mlp-init](#x)\n\n# An ordinary heading"),
        code_cell(metadata={"nbgrader": {"grade_id": "mlp-init", "grade": True, "points": 2}}),
    )
    raw_ids = [attributes.get("id") for _, attributes in Dom(rendered(nb)).elements]
    ids = [attributes.get("id") for _, attributes in Dom(rendered(clean_notebook(nb))).elements]
    assert raw_ids.count("mlp-init") == 3
    assert "mlp-init" not in ids
    assert "An-ordinary-heading" in ids


def test_tables_of_pandas_keep_their_structure() -> None:
    table = (
        '<div><style scoped>.dataframe {x: y}</style><table border="1" class="dataframe evil"><thead>'
        '<tr style="text-align: right;"><th></th><th scope="col">a &lt; b</th></tr></thead>'
        '<tbody><tr><th>0</th><td colspan="2" id="mlp-init">1</td></tr></tbody></table></div>'
    )
    assert clean_html(table) == (
        '<div><table border="1" class="dataframe"><thead>'
        '<tr><th></th><th scope="col">a &lt; b</th></tr></thead>'
        '<tbody><tr><th>0</th><td colspan="2">1</td></tr></tbody></table></div>'
    )


def test_pictures_are_written_anew() -> None:
    original = (
        base64.b64decode(png(Comment=f"<script>{ACT}</script>")) + b"<script>after the picture</script>"
    )
    cleaned = clean_image(base64.b64encode(original).decode(), "image/png")
    assert cleaned is not None
    raw = base64.b64decode(cleaned.data)
    assert b"script" not in raw
    with Image.open(io.BytesIO(raw)) as picture:
        assert (picture.size, picture.getpixel((0, 0))) == ((4, 3), (0, 0, 128))


def test_large_pictures_are_scaled_down() -> None:
    cleaned = clean_image(png(5000, 10), "image/png")
    assert cleaned is not None
    assert (cleaned.width, cleaned.height) == (2000, 4)


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        ("not base64!", "image/png"),
        (base64.b64encode(b"<script>").decode(), "image/png"),
        (png(), "image/jpeg"),
        (png(), "image/gif"),
        (png()[:60], "image/png"),
        (png(30_000, 1000), "image/png"),
        ("", "image/png"),
    ],
)
def test_what_is_no_sound_picture_is_dropped(data: str, mime: str) -> None:
    assert clean_image(data, mime) is None


def test_drawings_keep_shapes_and_lose_what_acts() -> None:
    drawing = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">'
        f'{SVG}<defs><path id="dot" d="M0 0h1"/><g id="two"><use xlink:href="#dot"/></g></defs>'
        f"<script>{ACT}</script><style>*{{fill:url(http://evil.example)}}</style>"
        f'<rect onclick="{ACT}" x="1" '
        'style="fill: #1f77b4; background: url(http://evil.example); stroke: url(#g)"/>'
        '<use xlink:href="#dot"/><use xlink:href="#two"/><use href="http://evil.example/#x"/>'
        f'<a xlink:href="javascript:{ACT}"><text>go</text></a><image href="http://evil.example/p.png"/>'
        "<foreignObject><b>html</b></foreignObject><text>a &lt; b</text></svg>"
    )
    cleaned = clean_svg(drawing)
    assert cleaned == (
        '<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"><defs><path id="dot" d="M0 0h1"></path>'
        '<g id="two"><use href="#dot"></use></g></defs>'
        '<rect x="1" style="fill: #1f77b4; stroke: url(#g)"></rect>'
        '<use href="#dot"></use><use></use><use></use><text>a &lt; b</text></svg>'
    )
    assert clean_svg(cleaned) == cleaned


@pytest.mark.parametrize("attribute", ["fill", "style"])
def test_no_address_in_a_drawing_keeps_the_filter_busy(attribute: str) -> None:
    value = "fill: " * (attribute == "style") + "url(#a)" * 60 + "!"
    assert "<rect" in str(clean_svg(SVG + f'<rect {attribute}="{value}"/></svg>'))


@pytest.mark.parametrize(
    "drawing",
    [
        "<svg",
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        SVG + "<g>" * 100 + "</g>" * 100 + "</svg>",
        SVG + " " * 5_000_000 + "</svg>",
        "<!DOCTYPE" * 400_000,
    ],
)
def test_what_is_no_bearable_drawing_is_dropped(drawing: str) -> None:
    assert clean_svg(drawing) is None


def test_outputs_that_cannot_be_shown_leave_a_note() -> None:
    nb = notebook(code_cell(shown(application__javascript=ACT), shown(application__pdf="JVBERi0=")))
    texts = [output.data["text/plain"] for output in clean_notebook(nb).cells[0].outputs]
    assert texts == ["[not shown: application/javascript]", "[not shown: application/pdf]"]


def test_metadata_that_steer_the_page_are_dropped_and_nbgraders_stay() -> None:
    grading = {
        "grade": True,
        "solution": False,
        "locked": True,
        "points": 2,
        "grade_id": "mlp-init",
        "schema_version": 3,
    }
    cell = code_cell(metadata={
        "nbgrader": {**grading, "extra": {"x": 1}}, "tags": ["experiment", "<b>"],
        "jupyter": {"source_hidden": True},
        "editable": False, "collapsed": True,
    })  # fmt: skip
    cleaned = clean_notebook(notebook(cell, widgets={"a": 1}, title="<b>"))
    assert cleaned.cells[0].metadata == {"nbgrader": grading, "tags": ["experiment"], "editable": False}
    assert set(cleaned.metadata) == {"kernelspec", "language_info"}
    nbformat.validate(cleaned)


def test_long_texts_are_bounded_and_say_so() -> None:
    nb = notebook(
        code_cell(*[{"output_type": "stream", "name": "stdout", "text": "x" * 300_000}] * 300),
        markdown_cell("y" * 300_000),
        code_cell(shown(text__html="<b>" * 300_000)),
    )
    cleaned = clean_notebook(nb)
    assert len(cleaned.cells[0].outputs) == 200
    assert "101 further outputs" in cleaned.cells[0].outputs[-1].data["text/plain"]
    assert len(cleaned.cells[0].outputs[0].text) <= 100_000
    assert "left out" in cleaned.cells[0].outputs[0].text
    assert len(cleaned.cells[1].source) <= 60_000
    assert "nested too deeply" in cleaned.cells[2].outputs[0].data["text/html"]


TOO_DEEP = "<p>[The displayed HTML is nested too deeply to be shown.]</p>"
LEFT_OPEN = {
    "closed by other names": "<div></x>" * 40_000,
    "formatting that is opened again in every paragraph": (
        "<p>" + "".join(f"<b a{i}>" for i in range(190)) + "</p>" + "<p>x" * 80_000
    ),
    "closed in an attribute": '<div title="</div>">' * 20_000,
    "closed in an attribute that looks like two": '<div a=x"y b="></div>">' * 15_000,
    "closed in a comment": "<div><!--</div>-->" * 20_000,
    "closed in a comment that is over": "<div><!-- --!></div> -->" * 15_000,
    "closed in a style": "<div><style></div></style>" * 15_000,
    "closed in a style of a drawing": "<svg><style><g></svg></style>" * 13_000,
    "closed in a script in a script": "<div><script><!--<script></script></div></script>" * 8_000,
    "closed in a title": "<div><title></div></title>" * 15_000,
    "closed in another cell": "<table><b a><tr><td></b></td></tr></table>" * 8_000 + "<p>x" * 9_000,
    "cells outside a table": "<svg>" + "<td>" * 90_000,
    "misnested": "<b><p></b></p>" * 28_000,
}


@pytest.mark.parametrize("html", LEFT_OPEN.values(), ids=LEFT_OPEN)
def test_html_that_is_too_much_work_is_not_parsed(html: str) -> None:
    """Up to four gigabytes and minutes for what fits into one output, where a closing tag is believed."""
    assert clean_html(html) == TOO_DEEP


def test_html_of_every_day_is_shown() -> None:
    style = "<div>\n<style scoped>\n .dataframe th {text-align: right;}\n</style>\n"
    row = "<tr><th>1</th>" + "<td>1.234567</td>" * 20 + "</tr>"
    table = (
        style
        + '<table border="1" class="dataframe"><tbody>'
        + row * 900
        + "</tbody></table><p>rows</p></div>"
    )
    for html in (
        table,
        "<ul>" + "<li>one" * 3_000 + "</ul>",
        "<p>one" * 3_000,
        "<table>" + ("<tr>" + "<td>1" * 20) * 300 + "</table>",
        "one<br>two<hr/>" * 10_000,
        "<b>one</b> <!-- two --> <a href='https://example.org'>three</a>" * 3_000,
        "<div><svg width='10'>" + "<path d='M0 0'/>" * 100 + "</svg></div>",
    ):
        assert clean_html(html) != TOO_DEEP


@pytest.mark.parametrize(
    "markdown", ["`" * 60_000, "~" * 60_000, "```" + " " * 50_000, ("`" * 100 + " " * 200) * 150]
)
def test_no_markdown_keeps_the_filter_busy(markdown: str) -> None:
    assert clean_markdown(markdown) == markdown


def test_a_diagram_is_shown_as_its_text() -> None:
    assert clean_markdown("`````  mermaid\ngraph") == "`````  text mermaid\ngraph"


def test_text_of_a_terminal_keeps_colours_and_the_last_state_of_a_bar() -> None:
    printed = "1/3\r2/3\r3/3\n\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b[2J\x07\r\nend"
    assert clean_text(printed, 1000, terminal=True) == "3/3\n\x1b[31mred\x1b[0m link\nend"
    assert clean_text(printed, 1000) == "1/3\n2/3\n3/3\nred link\nend"


def test_a_line_has_no_breaks_no_hidden_marks_and_an_end() -> None:
    assert clean_line("  Zoë\n\u202eMüller\t\x00 ") == "Zoë Müller"
    assert clean_line("a" * 500, 20) == "a" * 19 + "…"
    assert clean_line("a" + "\u0301" * 50) == "a" + "\u0301" * 4
    assert clean_line("👩‍🔬 \ud800") == "👩‍🔬 \ufffd"


# fmt: off
PIECES = [
    "<", ">", "</", "script", "img src=x onerror=a", "javascript", "&#58;", ":", "[x](", ")", "![", "`", "```", "$",
    "$$", "\\", "\\href{", "}", "\n", "\n\n", "    ", "- ", "<table>", "</table>", "<b>", "</b>", "<br>", "&lt;",
    "a", "\x00", "<!--", "-->", "<https://x.y/z>", '"', "'", "=", "\x1b[", "\r", "#", "mermaid", "\u200b",
]
# fmt: on


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_mixture_is_harmless_and_cleaning_twice_changes_nothing(text: str) -> None:
    nb = notebook(markdown_cell(text), code_cell(shown(text__html=text, text__markdown=text)))
    cleaned = clean_notebook(nb)
    assert dangers(rendered(cleaned)) == []
    assert clean_notebook(cleaned) == cleaned
