"""What a hidden test says to the student: the only sentences of a test that ever leave the grader.

A hidden test is ordinary pytest. Where its finding should reach the student it says so with `expect`, `Failed` or
`Partial`. A bare `assert` fails the test as well, but its text and values stay with the instructor, because
an assertion spells out inputs and expected values.

    def test_loss_is_a_mean(student, rng):
        \"\"\"The loss is the mean over the batch.\"\"\"
        ...
        expect(close, "The loss of a batch of 8 is not the mean of the losses of its rows.", hint="tf.reduce_mean?")
"""

from __future__ import annotations

import numpy as np


class Verdict(Exception):
    """The outcome of a hidden test in words for the student. Not raised itself: see `Failed` and `Partial`."""

    def __init__(self, score: float, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.score = score
        self.sentence = sentence
        self.hint = hint


class Failed(Verdict):
    """None of the test's weight is earned; `sentence` says what was found, `hint` where to look."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(0.0, sentence, hint)


class Partial(Verdict):
    """A share of the test's weight is earned.

    Raises ValueError if `score` is not strictly between 0 and 1: full marks are a test that returns, none is `Failed`.
    """

    def __init__(self, score: float, sentence: str, hint: str = "") -> None:
        if not 0.0 < score < 1.0:
            raise ValueError(f"Partial takes a score strictly between 0 and 1, not {score!r}")
        super().__init__(score, sentence, hint)


def expect(condition: object, sentence: str, hint: str = "") -> None:
    """Raise `Failed(sentence, hint)` unless `condition` is exactly true.

    Only `True` and NumPy's true count: an array, or any object that merely claims to be true, is a mistake of the test
    and raises TypeError rather than passing.
    """
    if not isinstance(condition, bool | np.bool_):
        raise TypeError(
            f"expect() takes a bool, not {type(condition).__name__}; reduce arrays with .all() or .any()"
        )
    if not condition:
        raise Failed(sentence, hint)
