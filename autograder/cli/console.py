"""Where commands write: one JSON document or a table on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

out = Console()
err = Console(stderr=True)


def print_json(document: Any) -> None:
    """The command's single JSON document, on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def complain(sentence: str) -> None:
    """A mistake of the user, in red, on stderr."""
    err.print(Text(sentence, style="red"))
