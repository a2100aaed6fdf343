"""One submission -> its grade (`engine.grade`), and the words in which hidden tests say what they found."""

from autograder.grading.verdicts import Failed, Partial, expect

__all__ = ["Failed", "Partial", "expect"]
