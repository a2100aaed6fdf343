"""Where grades are kept between runs: one JSON file per student, and what decided it.

    <course>/.autograder/grades/<assignment>/<student>.json

A stored grade is valid for as long as everything that decides it is unchanged: the student's cells, the
hidden tests, the
instructor's notebook, the assignment's settings, the engine, the data, the term secret and the device.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder import __version__
from autograder.course import Course
from autograder.data import fingerprint
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.intake import Submission
from autograder.secret import term_secret


class StoredGrade(BaseModel):
    """A grade with the digest of what decided it."""

    model_config = ConfigDict(frozen=True)

    key: str
    grade: Grade


def course_key(course: Course, assignment: str, settings: GradingSettings) -> str:
    """The digest of all that decides a grade but the submission."""
    digest = hashlib.sha256()
    configured = course.assignment(assignment)
    for part in (
        __version__,
        settings.device,
        settings.isolation,
        hashlib.sha256((settings.secret or term_secret(course)).value).hexdigest(),
        configured.model_dump_json(exclude={"title", "due", "late"}),
        *(
            f"{name}={fingerprint(name, course)}"
            for name in (*configured.data.hand_out, *configured.data.hold_back)
        ),
    ):
        digest.update(part.encode() + b"\0")
    for path in deciding_files(course, assignment):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def deciding_files(course: Course, assignment: str) -> tuple[Path, ...]:
    """The files of the course that decide a grade: both notebooks and the hidden tests, without their variants."""
    folder = course.hidden_tests(assignment)
    tests = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and _decides(path.relative_to(folder))
    )
    return (course.source(assignment), course.release(assignment), *tests)


def submission_key(submission: Submission, key_of_course: str) -> str:
    """The digest of everything that decides the grade of one submission."""
    return hashlib.sha256(f"{key_of_course}\0{submission.content_digest()}".encode()).hexdigest()


class GradeStore:
    """The stored grades of one assignment."""

    def __init__(self, course: Course, assignment: str) -> None:
        self.folder = course.root / ".autograder" / "grades" / assignment

    def get(self, student: str) -> StoredGrade | None:
        """The stored grade of a student; None if there is none, or an older engine wrote it in another format."""
        try:
            return StoredGrade.model_validate_json(self._path(student).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def put(self, student: str, stored: StoredGrade) -> None:
        """Keep a grade; the file is whole at every moment."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".writing-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(stored.model_dump_json())
        os.replace(name, self._path(student))

    def students(self) -> list[str]:
        """All students with a stored grade."""
        return sorted(path.stem for path in self.folder.glob("[!.]*.json"))

    def _path(self, student: str) -> Path:
        return self.folder / f"{student}.json"


def _decides(path: Path) -> bool:
    """Whether a file under tests/hidden/<a>/ takes part in grading: not its variants, not what Python left behind."""
    return "variants" not in path.parts and "__pycache__" not in path.parts and path.suffix != ".pyc"
