"""What keeps a cluster from grading."""

from __future__ import annotations

from autograder.mistakes import Mistake


class ClusterError(Mistake):
    """The cluster cannot grade; the message says what to do."""
