"""The whole of course.yaml, and where a course's files are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from autograder.course.assignment import Assignment, Defaults
from autograder.course.explained import explain, place
from autograder.course.model import NAME, Line, Model
from autograder.course.prepared import prepare
from autograder.course.services import Cluster, DataFolder
from autograder.course.times import DEFAULT_ZONE, zone_of
from autograder.course.wording import CourseError, unknown
from autograder.yaml_file import YamlFileError, read_yaml

FILE_NAME = "course.yaml"


class Groups(Model):
    max_size: Annotated[int, Field(strict=True, ge=1, le=3)] = 3


class Course(Model):
    set_by_loader: ClassVar[frozenset[str]] = frozenset({"root"})

    root: Path
    id: Annotated[str, Field(max_length=64, pattern=NAME)]
    title: Line
    term: Annotated[str, Field(max_length=64, pattern=NAME)]
    timezone: str = DEFAULT_ZONE
    roster: Path | None = None
    groups: Groups = Groups()
    data: DataFolder = DataFolder()
    isolation: Literal["full", "weak"] = "full"
    gradebook: str | None = None  # database URL; None: gradebook.db in the course's folder
    exchange: Path | None = None  # nbgrader's exchange; None: where nbgrader itself has it
    cluster: Cluster | None = None
    defaults: Defaults = Defaults()
    assignments: dict[str, Assignment] = Field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | str) -> Course:
        """The course in `folder`. Raises CourseError."""
        root = Path(folder).resolve()
        path = root / FILE_NAME
        try:
            file = read_yaml(path)
        except YamlFileError as error:
            raise CourseError(place(path, error.line) + str(error)) from error
        if not isinstance(file.data, dict):
            raise CourseError(f"{path}: expected keys such as id, title, term and assignments")
        if "root" in file.data:
            known = [name for name in cls.model_fields if name not in cls.set_by_loader]
            raise CourseError(f"{path}: {unknown('root', known)}")
        prepared = prepare(file.data, root, path)
        try:
            course = cls.model_validate(prepared, context={"zone": zone_of(file.data.get("timezone"))})
        except ValidationError as error:
            raise CourseError("\n".join(explain(path, file, error))) from error
        return course

    @classmethod
    def find(cls, start: Path | str | None = None) -> Course:
        """The course whose folder `start` (or the current folder) is or lies in. Raises CourseError."""
        origin = Path(start or Path.cwd()).resolve()
        for folder in (origin, *origin.parents):
            if (folder / FILE_NAME).is_file():
                return cls.load(folder)
        raise CourseError(f"there is no {FILE_NAME} in {origin} or above it; go to a course's folder")

    def assignment(self, name: str) -> Assignment:
        """The assignment called `name`. Raises CourseError that lists those there are."""
        if name not in self.assignments:
            raise CourseError(f"{self.root / FILE_NAME}: {unknown(name, self.assignments, 'assignment')}")
        return self.assignments[name]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def database_url(self) -> str:
        """The gradebook's database; an SQLite file's relative path starts at the course's folder."""
        url = self.gradebook or "sqlite:///gradebook.db"
        local = url.removeprefix("sqlite:///")
        return url if local == url or not local else f"sqlite:///{self.root / local}"

    def source(self, assignment: str) -> Path:
        """The instructor's notebook."""
        return self.root / "source" / assignment / f"{assignment}.ipynb"

    def release(self, assignment: str) -> Path:
        """The students' notebook."""
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def hidden_tests(self, assignment: str) -> Path:
        """The folder of the hidden tests."""
        return self.root / "tests" / "hidden" / assignment

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @field_validator("gradebook")
    @classmethod
    def _is_a_known_database(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(sqlite:///|postgresql(\+\w+)?://).+", value, re.DOTALL):
            raise PydanticCustomError(
                "gradebook",
                "expected a database's URL, sqlite:///file.db or postgresql://user:password@host/database",
            )
        return value

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if zone_of(value) is None:
            raise PydanticCustomError("timezone", "not a time zone of the IANA list, such as Europe/Berlin")
        return value

    @field_validator("assignments")
    @classmethod
    def _safe_names(cls, value: dict[str, Assignment]) -> dict[str, Assignment]:
        folded: dict[str, str] = {}
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
                raise PydanticCustomError(
                    "name",
                    "the name {name} becomes a folder: letters, digits, - and _ only, at most 64",
                    {"name": repr(name)},
                )
            other = folded.setdefault(name.casefold(), name)
            if other != name:
                raise PydanticCustomError(
                    "name", "{a} and {b} are one folder on some systems; rename one", {"a": other, "b": name}
                )
        return value
