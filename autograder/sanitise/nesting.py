"""How much work HTML is for a parser, found out before it gets to see it.

Elements that are left open lie in each other, and a parser gets slow with the square of their depth. Formatting that is
left open in a paragraph is opened again in each that follows, so that 200 tags and 50,000 paragraphs become ten million
elements. What is counted here is never less than that: a closing tag counts only where it certainly closes something.
"""

from __future__ import annotations

import re

DEEPEST = 200
MOST_WORK = (
    500_000  # elements that are open at a tag, summed over all tags; a table of 40,000 cells stays below
)

# fmt: off
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {
    "table", "caption", "colgroup", "thead", "tbody", "tfoot", "tr", "th", "td", "p", "pre", "blockquote", "dd",
    "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "summary",
    "ul", "article", "aside", "center", "footer", "header", "main", "nav", "section",
}
_INLINE = {
    "a", "abbr", "b", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark", "q", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
}
# fmt: on
_RAW = {"style", "script"}  # what follows is no HTML until they are closed
_CLOSED_BY_THE_NEXT = {
    "p": {"p"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tr": {"td", "th", "tr"},
}
_MAY_BE_LEFT_OPEN = {"p", "li", "dt", "dd", "td", "th", "tr"}
_ATTRIBUTE = r"""\s++[^\s"'<>/=]++(?:=(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`]++))?+"""
_TAG = re.compile(
    rf"<(?:(?P<comment>!--(?!-?>)[^<>]*+(?<=--)>)|(?P<closing>/?)(?P<name>[A-Za-z][^\s/>]*+)"
    rf"(?P<plain>(?:{_ATTRIBUTE})*+\s*+/?+>)?+|(?P<odd>[!?/]))"
)
_END_OF_RAW = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _RAW}


def too_much_work(text: str) -> bool:
    """Whether elements may be nested so deeply, or opened again so often, that parsing `text` gets slow."""
    open_tags: list[str] = []
    work = at = 0
    readable = True  # up to here every parser sees the same tags
    while (tag := _TAG.search(text, at)) is not None:
        at = tag.end()
        work += len(open_tags)
        if tag["comment"] is not None:
            continue
        name = (tag["name"] or "").lower()
        readable = readable and tag["plain"] is not None and name in _VOID | _BLOCKS | _INLINE | _RAW
        if readable and name in _RAW and not tag["closing"]:
            end = _END_OF_RAW[name].search(text, at)
            readable = end is not None and "<!--" not in text[at : end.start()]
            at = end.end() if readable and end is not None else at
        elif readable and tag["closing"]:
            _close(name, open_tags)
        elif name and not tag["closing"] and not (readable and name in _VOID):
            while readable and open_tags and open_tags[-1] in _CLOSED_BY_THE_NEXT.get(name, ()):
                open_tags.pop()
            open_tags.append(name)
        if len(open_tags) > DEEPEST or work > MOST_WORK:
            return True
    return False


def _close(name: str, open_tags: list[str]) -> None:
    """Take the innermost element off, if it is `name`; with a block end those in it that need no end of their own."""
    last = len(open_tags) - 1
    while name in _BLOCKS and last >= 0 and open_tags[last] != name and open_tags[last] in _MAY_BE_LEFT_OPEN:
        last -= 1
    if last >= 0 and open_tags[last] == name:
        del open_tags[last:]
