"""The wall time that all sessions of one grading may take together.

Each session has a limit of its own, but a kernel that was killed is replaced by another. Without a limit over all of
them, a notebook whose functions sleep would keep a grader busy for as many sessions as it may be given.
"""

from __future__ import annotations

import time

# As many sessions' wall time: a restart late in a slow notebook's session still has half of one.
SESSIONS = 1.5


class Allowance:
    """Runs from the first session's start, by the clock that a session's own wall time is measured by."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._began: float | None = None

    def begin(self) -> None:
        """Let the time run. Called again, it does nothing."""
        if self._began is None:
            self._began = time.monotonic()

    def extend(self, seconds: float) -> None:
        """For a session that a hidden test asks for itself, which costs the student a run of the notebook."""
        self.seconds += seconds

    @property
    def left_s(self) -> float:
        """Not more than zero once it is used up."""
        return self.seconds - (time.monotonic() - self._began if self._began is not None else 0.0)
