"""Where commands write: one JSON document or a table on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

out = Console()
err = Console(stderr=True)


def print_json(document: Any) -> None:
    """The command's single JSON document, on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def print_json_with(head: dict[str, Any], name: str, entries: Iterable[Any]) -> None:
    """The same, of `head` and a last member `name`: a list of any length, of which one entry at a time is in memory."""
    opening = json.dumps(head, ensure_ascii=False, indent=2, allow_nan=False).removesuffix("\n}")
    sys.stdout.write(f"{opening},\n  {json.dumps(name)}: [")
    separator = "\n"
    for entry in entries:
        text = json.dumps(entry, ensure_ascii=False, indent=2, allow_nan=False)
        sys.stdout.write(separator + textwrap.indent(text, "    "))
        separator = ",\n"
    sys.stdout.write("\n  ]\n}\n")


def complain(sentence: str) -> None:
    """A mistake of the user, in red, on stderr."""
    err.print(Text(sentence, style="red"), soft_wrap=True)  # paths stay whole, to be copied
