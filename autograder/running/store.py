"""Where grades are kept between runs: one file per student, and what decided its grade.

    <course>/.autograder/grades/<assignment>/<student>.json

Three lines of JSON: what decided the grade (`Facts`), the grade without what takes much room, the whole grade. So a run
over a large class reads what it needs of each. A stored grade is valid for as long as everything that decides it is
unchanged: the student's cells, the hidden tests, the instructor's notebook, the assignment's settings, the engine, the
data and the term secret. The device is not among them: without a GPU the tests that need one are deferred, and what
they find comes into the stored grade later.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder import __version__
from autograder.course import Course
from autograder.data import fingerprint
from autograder.grading.grade import Grade
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.secret import term_secret

DRAFT = ".writing-"  # how the name of a file starts that is not whole yet


class StoredGrade(BaseModel):
    """A grade with the digest of what decided it.

    `file_key` is the same of the notebook's file as it was handed in, "" where that is not known: while it is unchanged
    the notebook need not be read. `group` is who was credited; the first `own_notices` of the grade's notices are about
    this hand-in alone, and not about an equal one.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    grade: Grade
    file_key: str = ""
    group: tuple[str, ...] = ()
    own_notices: int = 0


class Facts(BaseModel):
    """What stands in the first line: enough to know whether the grade is valid, and how long grading will take."""

    model_config = ConfigDict(frozen=True)

    key: str
    file_key: str = ""
    group: tuple[str, ...] = ()
    own_notices: int = 0
    wall_s: float
    digest: str  # of the whole grade
    size: int  # bytes of the two lines below


def course_key(course: Course, assignment: str, settings: GradingSettings) -> str:
    """The digest of all that decides a grade but the submission."""
    digest = hashlib.sha256()
    configured = course.assignment(assignment)
    for part in (
        __version__,
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
        # With its folder: a module that moves to another one is another module.
        place = path.relative_to(course.root).as_posix()
        digest.update(os.fsencode(place) + b"\0" + hashlib.sha256(path.read_bytes()).digest())
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
    return _joined(key_of_course, submission.content_digest())


def file_key(file_digest: str, key_of_course: str) -> str:
    """The same of the notebook's file: other files may give the same submission, this one gives no other."""
    return _joined(key_of_course, f"file {file_digest}")


class GradeStore(Mapping[str, Grade]):
    """The stored grades of one assignment; as a mapping, student -> grade, read when asked for."""

    def __init__(self, course: Course, assignment: str) -> None:
        self.folder = course.root / ".autograder" / "grades" / assignment

    def read(self, student: str) -> StoredGrade | None:
        """The stored grade of a student; None if there is none, or an older engine wrote it in another format."""
        found = self._lines(student, whole=True)
        if found is None:
            return None
        facts, (_, text) = found
        try:
            grade = Grade.model_validate_json(text)
        except ValidationError:
            return None
        return StoredGrade(
            key=facts.key,
            grade=grade,
            file_key=facts.file_key,
            group=facts.group,
            own_notices=facts.own_notices,
        )

    def facts(self, student: str) -> Facts | None:
        """What decided the stored grade of a student; None as with `read`."""
        found = self._lines(student, whole=False)
        return found[0] if found is not None else None

    def brief(self, student: str) -> tuple[Grade, str]:
        """The grade without notebook, log and pictures, and the digest of the whole. Raises KeyError."""
        found = self._lines(student, whole=False)
        if found is None:
            raise KeyError(student)
        facts, (text,) = found
        return Grade.model_validate_json(text), facts.digest

    def put(self, student: str, stored: StoredGrade) -> None:
        """Keep a grade; the file is whole at every moment."""
        whole = stored.grade.model_dump_json().encode()
        brief = in_brief(stored.grade).model_dump_json().encode()
        facts = Facts(
            key=stored.key,
            file_key=stored.file_key,
            group=stored.group,
            own_notices=stored.own_notices,
            wall_s=stored.grade.timing.wall_s,
            digest=hashlib.sha256(whole).hexdigest(),
            size=len(brief) + 1 + len(whole),
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=DRAFT)
        with os.fdopen(handle, "wb") as file:
            file.write(b"\n".join((facts.model_dump_json().encode(), brief, whole)))
        os.replace(name, self._path(student))

    def students(self) -> list[str]:
        """All students with a stored grade."""
        return sorted(path.stem for path in self.folder.glob("[!.]*.json"))

    def __getitem__(self, student: str) -> Grade:
        stored = self.read(student)
        if stored is None:
            raise KeyError(student)
        return stored.grade

    def __iter__(self) -> Iterator[str]:
        return (student for student in self.students() if self.facts(student) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _lines(self, student: str, *, whole: bool) -> tuple[Facts, list[bytes]] | None:
        """The facts and the lines below: the brief one, and the whole grade if asked for."""
        try:
            with self._path(student).open("rb") as file:
                first = file.readline()
                facts = Facts.model_validate_json(first)
                if os.fstat(file.fileno()).st_size != len(first) + facts.size:
                    return None  # cut short, as after a power failure
                below = [file.readline()]
                if whole:
                    below.append(file.read())
        except (FileNotFoundError, ValidationError):
            return None
        return facts, below

    def _path(self, student: str) -> Path:
        return self.folder / f"{student}.json"


def in_brief(grade: Grade) -> Grade:
    """The grade without notebook, log and pictures."""
    items = tuple(
        item.model_copy(
            update={"outcomes": tuple(each.model_copy(update={"pictures": ()}) for each in item.outcomes)}
        )
        for item in grade.items
    )
    return grade.model_copy(update={"notebook": "", "log": "", "items": items})


def _joined(key_of_course: str, of_hand_in: str) -> str:
    return hashlib.sha256(f"{key_of_course}\0{of_hand_in}".encode()).hexdigest()


def _decides(path: Path) -> bool:
    """Whether a file under tests/hidden/<a>/ takes part in grading: not its variants, not what Python left behind."""
    return "variants" not in path.parts and "__pycache__" not in path.parts and path.suffix != ".pyc"
