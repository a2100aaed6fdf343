"""HTML that a student's code displayed, such as a pandas table: structure and text stay, all that acts
goes."""

from __future__ import annotations

import re

import nh3

from autograder.sanitise.images import clean_data_uri
from autograder.sanitise.nesting import too_much_work
from autograder.sanitise.text import clean_text

LIMIT = 400_000  # characters

# fmt: off
_TAGS = {
    "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td",
    "a", "abbr", "b", "br", "code", "del", "em", "hr", "i", "img", "ins", "kbd", "mark", "p", "pre", "q",
    "s", "samp", "small", "span", "strong", "sub", "sup", "u", "var",
    "blockquote", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "li", "ol", "summary", "ul",
}
_DROPPED_WITH_CONTENT = {
    "script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "math", "textarea",
    "title", "xmp", "plaintext", "noembed", "noframes", "select", "button", "form",
}
# fmt: on
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "table": {"border"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_SMALL_NUMBER = re.compile(r"[0-9]{1,3}")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)


def clean_html(text: str) -> str:
    """`text` reduced to tables, text and lists; links lead to the web or to mail; pictures are embedded ones.

    Scripts, style sheets, event handlers, forms, frames, SVG, ids and classes are gone, and so is any address
    that the reader's browser would fetch by itself.
    """
    text = clean_text(text, LIMIT)
    if too_much_work(text):
        return "<p>[The displayed HTML is nested too deeply to be shown.]</p>"
    return nh3.clean(
        text,
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        allowed_classes={"table": {"dataframe"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "a" and name == "href":
        return value if _LINK.fullmatch(value) else None
    if tag == "img" and name == "src":
        return clean_data_uri(value)
    if name in {"colspan", "rowspan", "border"}:
        return value if _SMALL_NUMBER.fullmatch(value) else None
    if name == "scope":
        return value if value in {"row", "col", "rowgroup", "colgroup"} else None
    return clean_text(value, 500)
