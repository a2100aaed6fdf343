"""Where commands write: one JSON document or a table on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

out = Console(markup=False, emoji=False)  # a path may have brackets and colons
err = Console(stderr=True, markup=False, emoji=False)

MOST_TEXT = 50_000  # characters of one sentence, or of the traceback of a grader that broke
# What JSON leaves as it is and a terminal acts on: control characters, and marks that turn the direction of writing.
_ACTING = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def print_json(document: Any) -> None:
    """The command's single JSON document, on stdout."""
    sys.stdout.write(_dumped(document) + "\n")


def print_json_with(head: dict[str, Any], name: str, entries: Iterable[Any]) -> None:
    """The same, of `head` and a last member `name`: a list of any length, of which one entry at a time is in memory."""
    opening = _dumped(head).removesuffix("\n}")
    sys.stdout.write(f"{opening},\n  {json.dumps(name)}: [")
    separator = "\n"
    for entry in entries:
        sys.stdout.write(separator + textwrap.indent(_dumped(entry), "    "))
        separator = ",\n"
    sys.stdout.write("\n  ]\n}\n")


def complain(sentence: str) -> None:
    """A mistake of the user, in red, on stderr."""
    err.print(harmless(sentence, "red"), soft_wrap=True)  # paths stay whole, to be copied


def harmless(text: str, style: str = "") -> Text:
    """A text that may repeat a student's words, without what a terminal would act on."""
    from autograder.sanitise import clean_text  # takes a while to import

    return Text(clean_text(text, MOST_TEXT), style)


def _dumped(document: Any) -> str:
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    return _ACTING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
