"""Plain text from a student: no control characters, no tricks with the direction of writing, a bounded
length.

The result is text, not HTML: whoever puts it on a page still escapes it.
"""

from __future__ import annotations

import re

_COLOUR = r"\x1b\[[0-9;]{0,40}m"
_TERMINAL = re.compile(
    r"\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # operating system command, such as a window title or a link
    r"|\x1b\[[0-?]*[ -/]*[@-~]?"  # control sequence
    r"|\x1b[^\[\]]?"
)
_COLOURS_ONLY = re.compile(rf"({_COLOUR})|" + _TERMINAL.pattern)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SEPARATOR = re.compile(r"\r\n|[\u0085\u2028\u2029]")
# Marks that turn the direction of writing or are not seen at all. The joiners U+200C and U+200D stay: scripts
# and emoji need them.
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_MARK = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_MARK}{{4}}){_MARK}+")


def clean_text(text: str, limit: int, *, terminal: bool = False) -> str:
    """At most `limit` characters of `text` with its line breaks and tabs; where it is longer, its middle is
    left out.

    `terminal` is for what a program printed: a line that was overwritten, such as a progress bar, keeps its
    last state, and the escape sequences of colours stay, which nbconvert renders.
    """
    text = _SEPARATOR.sub("\n", _shorten(text, limit))
    if terminal:
        text = _COLOURS_ONLY.sub(r"\1", _last_state(text))
    else:
        text = _TERMINAL.sub("", text.replace("\r", "\n"))
    text = _CONTROL.sub("", text)
    text = _SURROGATE.sub("\ufffd", text)
    text = _INVISIBLE.sub("", text)
    return _STACKED.sub(r"\1", text)


def clean_line(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters, such as a name or a title."""
    line = " ".join(clean_text(text[: 8 * limit], 8 * limit).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    note = f"\n… {len(text) - limit:,} or more characters left out …\n"
    if len(note) * 2 > limit:
        return text[: limit - 1] + "…"
    head = (limit - len(note)) * 3 // 4
    tail = limit - len(note) - head
    return text[:head] + note + text[-tail:]


def _last_state(text: str) -> str:
    if "\r" not in text:
        return text
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))
