"""Markdown as HTML for nbgrader's pages, rendered so that it cannot act in the reader's browser.

The formgrader shows hand-ins inside the grader's own Jupyter session, where a script, a form, or one click on
an address of that server (some of its pages load a configuration file from a folder that the address names)
acts with the grader's rights. The notebooks that we write are clean; this filter stands in for nbconvert's
own, and cleans what comes out of the renderer, whatever went in.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import nh3
from jinja2 import pass_context
from jinja2.runtime import Context

from autograder.sanitise.markdown import break_commands
from autograder.sanitise.text import clean_text

# fmt: off
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd",
    "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small",
    "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "tt", "u", "ul", "var", "wbr",
}
_STYLES = {
    "background-color", "border", "border-collapse", "border-color", "color", "font-family", "font-size",
    "font-style", "font-weight", "height", "list-style-type", "margin-left", "max-width", "padding",
    "text-align", "text-decoration", "vertical-align", "white-space", "width",
}
# fmt: on
_ATTRIBUTES = {
    "*": {"class", "style", "title", "align", "dir", "lang"},
    "a": {"href"},
    "col": {"span", "width"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan", "valign", "width"},
    "th": {"colspan", "rowspan", "valign", "width", "scope"},
    "table": {"border", "width"},
}
# What Pygments and pandas use. Any other class might be one that the page around it reacts to
# (`full-credit`).
_CLASSES = re.compile(r"dataframe|highlight|hl-[a-z]+|language-[a-z0-9]+|[a-z]{1,2}[0-9]?")
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*", re.ASCII)
_DROPPED = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea"}


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """The Jinja filter of this name for nbgrader's templates: Markdown cells and comments."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return clean_rendered(MarkdownWithMath(renderer=renderer).render(source))


def clean_rendered(html: str) -> str:
    """Rendered Markdown with its formatting, the pictures that it carries itself, and links to other sites.

    No identifiers, for the formgrader finds its input fields by them.
    """
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_value,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=_STYLES,
    )
    return break_commands(cleaned)


def markdown_text(text: str) -> str:
    """Plain text as Markdown source that shows exactly this text, wherever it is rendered."""
    escaped = re.sub(r"([\\`*_\[\]<>#|~$&!])", r"\\\1", clean_text(text, 20_000))
    # At the start of a line these would begin a list or a heading, and spaces a block of code.
    unindented = re.sub(r"^[ \t]+", "", escaped, flags=re.MULTILINE)
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", unindented, flags=re.MULTILINE)


def _kept_value(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        return " ".join(name for name in value.split() if _CLASSES.fullmatch(name)) or None
    if attribute == "src":
        return value if _PICTURE.fullmatch(value) else None
    if attribute == "href":
        return value if _leads_elsewhere(value) else None
    return value


def _leads_elsewhere(address: str) -> bool:
    """Whether an address names its site in full; others lead to the server that shows the page."""
    if re.search(r"[\x00-\x20\\]", address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (parts.scheme in ("http", "https") and bool(parts.netloc)) or parts.scheme == "mailto"
