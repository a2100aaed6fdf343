"""Markdown that a student wrote, made harmless for every renderer of notebooks.

The renderers (mistune in nbconvert, marked in Jupyter) disagree about where code, mathematics and HTML begin,
and a filter that decides it by rules of its own can be led astray. So nothing here depends on the structure
of the text: a space is put where an HTML tag, an active address or a TeX command that leaves mathematics
would begin. In running text and in formulas that space changes nothing; in an example of HTML it can be seen
and does no harm.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from urllib.parse import unquote

from autograder.sanitise.text import clean_text

LIMIT = 60_000  # characters
MOST_ENVIRONMENTS = 300  # \begin{…}: renderers look for the end of each one through all of the text

_PLAIN_TAGS = (
    "b|i|em|strong|s|u|del|ins|sub|sup|kbd|code|small|mark|samp|var|center|p|div|span|blockquote|pre|"
    "h[1-6]|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|tfoot|tr|th|td|details|summary"
)
_TAG = re.compile(
    rf"<(?P<void>(?:br|hr)\s*/?>)|<(?P<closing>/?)(?P<name>{_PLAIN_TAGS})>|<(?=[A-Za-z/!?])", re.IGNORECASE
)
_UNIT = re.compile(r"&(?:#[xX]?[0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?|.", re.DOTALL)
_IGNORED_IN_ADDRESSES = re.compile(
    r"[\x00-\x1f\\\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]"
)
_ACTIVE_ADDRESS = re.compile(
    r"(?:(?:java|vb|live)script|data(?=:(?:[a-z]+/|[;,])))(?P<here>:)", re.IGNORECASE
)
_LEAVES_MATHS = re.compile(
    r"(?P<before>\\)(?P<here>href|url|require|includegraphics|htmlClass|htmlId|htmlStyle|htmlData|class|"
    r"cssId|style|unicode|csname|catcode|special|bbox)(?![A-Za-z])"
)
_IMAGE = re.compile(
    r"!\[(?P<alt>[^\[\]`\\<>\n]{0,300})\]\([ \t]*attachment:(?P<name>[^\s()<>\"']{1,300})"
    r"(?:[ \t]+\"[^\"\n]{0,300}\")?[ \t]*\)"
    r"|!(?=\[)"
)
_MERMAID = re.compile(r"(?<![`~])([`~]{3,}+)([ \t]*+)(mermaid)", re.IGNORECASE)
_NO_ATTACHMENTS: Mapping[str, str] = MappingProxyType({})


def clean_markdown(
    text: str, attachments: Mapping[str, str] = _NO_ATTACHMENTS, reserved_ids: Collection[str] = ()
) -> str:
    """`text` with Markdown and LaTeX as they were, and without HTML attributes, active addresses and outside
    pictures.

    `attachments` maps the names of the cell's pictures to the names they have now; a picture that is not
    among them becomes a link, for a grader's browser must fetch nothing by itself. A heading must not get the
    HTML id of an input field of the page around it: `reserved_ids` are these.
    """
    text = clean_text(text, LIMIT)
    text = _break_tags(text)
    text = _break_schemes(text)
    text = break_commands(text)
    text = _keep_own_pictures(text, attachments)
    text = _MERMAID.sub(r"\1\2text \3", text)
    text = _bound_environments(text)
    return _rename_headings(text, reserved_ids) if reserved_ids else text


def break_commands(text: str) -> str:
    """`text` without TeX commands that make links, styles or requests; for text that MathJax may look at."""
    if "\\" not in text and "&" not in text:
        return text
    return _insert_space(text, _LEAVES_MATHS, None)


def _break_tags(text: str) -> str:
    """Simple tags without attributes stay if they are closed in order; every other `<` is kept from opening
    one."""
    keep = _in_order(text)

    def replace(match: re.Match[str]) -> str:
        if match["void"] or (match["name"] and keep):
            return match[0]
        return "< " + match[0][1:]

    return _TAG.sub(replace, text)


def _in_order(text: str) -> bool:
    open_tags: list[str] = []
    for match in _TAG.finditer(text):
        if not match["name"]:
            continue
        name = match["name"].lower()
        if not match["closing"]:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
        if len(open_tags) > 30:
            return False
    return not open_tags


def _break_schemes(text: str) -> str:
    return _insert_space(text, _ACTIVE_ADDRESS, _IGNORED_IN_ADDRESSES)


def _insert_space(text: str, pattern: re.Pattern[str], ignored: re.Pattern[str] | None) -> str:
    """A space before group `here` of each match of `pattern`, which is looked for behind character
    references."""
    decoded = html.unescape(text)
    if not pattern.search((ignored.sub("", decoded) if ignored else decoded).lower()) and not pattern.search(
        decoded
    ):
        return text
    characters: list[str] = []
    places: list[int] = []
    for unit in _UNIT.finditer(text):
        for character in html.unescape(unit[0]):
            if ignored is None or not ignored.match(character):
                characters.append(character)
                places.append(unit.start())
    cuts = [places[match.start("here")] for match in pattern.finditer("".join(characters))]
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return " ".join(pieces)


def _keep_own_pictures(text: str, attachments: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        new_name = attachments.get(unquote(match["name"])) if match["name"] else None
        if new_name is not None:
            return f"![{match['alt']}](attachment:{new_name})"
        return "! " + match[0][1:]

    return _IMAGE.sub(replace, text)


def _bound_environments(text: str) -> str:
    pieces = text.split("\\begin{")
    if len(pieces) <= MOST_ENVIRONMENTS:
        return text
    return (
        "\\begin{".join(pieces[:MOST_ENVIRONMENTS])
        + "\\ begin{"
        + "\\ begin{".join(pieces[MOST_ENVIRONMENTS:])
    )


def _rename_headings(text: str, reserved_ids: Collection[str]) -> str:
    """A dot after each heading that could get one of `reserved_ids`, and after the lines around it."""
    reserved = {_letters(name) for name in reserved_ids}
    blocks = re.split(r"(\n[ \t>]*\n)", text)
    for index, block in enumerate(blocks):
        heading = "#" in block or re.search(r"^[ \t>]*(?:=+|-+)[ \t]*$", block, re.MULTILINE)
        if heading and any(name in _letters(block) for name in reserved):
            blocks[index] = re.sub(r"(?m)(\w\W*?)$", r"\1 ·", block)
    return "".join(blocks)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, html.unescape(text))).lower()
