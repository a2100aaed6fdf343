"""What can go wrong between a hidden test and a student's code, each with a sentence for the student.

`sentence` is safe to show: it holds nothing that the student's process said in its own words, because those
words could carry the hidden inputs out. `detail` holds them, for the instructor. `status` is a value of
`autograder.grading.grade.Status`.
"""

from __future__ import annotations

from typing import ClassVar


class StudentError(Exception):
    """A question to a student's code that got no usable answer."""

    status: ClassVar[str] = "error"

    def __init__(self, sentence: str, detail: str = "") -> None:
        self.sentence = sentence
        self.detail = detail
        super().__init__(sentence)


class StudentMissing(StudentError):
    """The function or name is not in the notebook, or is still the empty one that was handed out."""

    status = "missing"


class StudentRaised(StudentError):
    """The student's code raised. `type_name`, `message`, `line` and `cell` (its execution count) are what the
    student's process says: for the instructor, and for tests of what the sentence may repeat."""

    status = "error"

    def __init__(
        self, sentence: str, type_name: str, message: str, cell: int | None = None, line: int | None = None
    ) -> None:
        self.type_name = type_name
        self.message = message
        self.cell = cell
        self.line = line
        place = f" (cell [{cell}], line {line})" if cell is not None else ""
        super().__init__(sentence, f"{type_name}: {message}{place}")


class StudentTimeout(StudentError):
    """The call used more computing time than it may, or did not come back."""

    status = "timeout"


class StudentDied(StudentError):
    """The student's process ended, or its end of the wire cannot be used any more."""

    status = "error"


class BadAnswer(StudentError):
    """What came back cannot be an answer: of the wrong kind, shape, dtype, or not finite."""

    status = "failed"
