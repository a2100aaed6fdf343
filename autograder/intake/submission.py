"""What the rest of the engine gets of a hand-in: one notebook, whose it is, and when it came.

`Submission.notebook` is the canonical text that `text.notebook_text` makes: what a hidden test or a page can
be shown of the hand-in is in it, and nothing else. Its hash therefore is the identity of a grading.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from pydantic import BaseModel, ConfigDict, field_validator


class RejectedSubmission(Exception):
    """A hand-in that cannot be graded. `sentence` is written for the student's page and says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class HandIn(BaseModel):
    """Whose hand-in it is and when it came. `group` names all members, the student included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assignment: str
    student: str
    submitted_at: datetime | None = None
    group: tuple[str, ...] = ()
    path: str = ""  # the file or folder that it was read from; "" for a notebook that never was a file
    notices: tuple[str, ...] = ()  # sentences for the student's page: what was set right on the way in

    @field_validator("submitted_at")
    @classmethod
    def _has_a_time_zone(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("submitted_at needs a time zone")
        return value


class Glance(HandIn):
    """What is known of a hand-in without reading the notebook: its file's digest and size in bytes."""

    file_digest: str
    size: int


class Submission(HandIn):
    """A notebook that can be graded. `notebook` is nbformat 4 JSON, bounded and checked.

    `file_digest` is of the file that it was read from, "" for a notebook that never was a file.
    """

    notebook: str
    file_digest: str = ""

    def content_digest(self) -> str:
        """Return a SHA-256 hex digest of all that the hand-in itself contributes to its grade.

        That is the assignment's name and the canonical notebook: every cell's type, source, tags, nbgrader
        ids and saved outputs (items may read saved outputs). The student, the group, the time and the place
        are not in it, nor is what an editor adds (cell ids, colours, widget state), for `notebook` does not
        hold that: group members who upload the same work have the same digest. Whoever caches gradings adds
        the course's part.
        """
        digest = hashlib.sha256(self.assignment.encode() + b"\0")
        digest.update(self.notebook.encode())
        return digest.hexdigest()


class Rejected(HandIn):
    """A hand-in that cannot be graded. It still gets a page, with `sentence` on it."""

    sentence: str
