"""What a person has to put right before a command can do its work."""

from __future__ import annotations


class Mistake(Exception):
    """Of a course, its files or its machine. The message is for whoever ran the command and says what to do.

    Commands print it and end with status 2.
    """
