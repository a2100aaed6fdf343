"""How a command ends that was stopped by Ctrl-C."""

from __future__ import annotations


class Interrupted(Exception):
    """Ctrl-C. The message says what is kept and how to go on; the exit status is 130."""
