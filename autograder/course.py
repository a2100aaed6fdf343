"""course.yaml as typed, frozen models: the only configuration of a course.

    course = Course.find(Path.cwd())
    course.assignments["ass1"].limits.notebook_s

Every mistake in the file is a `CourseError` that names file, line, key and value, and says what is allowed.
"""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from autograder.mistakes import Mistake
from autograder.yaml_file import KeyPath, YamlFile, YamlFileError, read_yaml

FILE_NAME = "course.yaml"
DATA_VARIABLE = "AUTOGRADER_DATA"

Seconds = Annotated[float, Field(strict=True, gt=0, le=7 * 86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1)]
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class CourseError(Mistake):
    """Something in the course's own files is wrong; the message says where and what is allowed."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    set_by_loader: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        """Name the keys that there are, which pydantic's own message does not."""
        if isinstance(values, dict):
            known = [name for name in cls.model_fields if name not in cls.set_by_loader]
            for key in values:
                if key not in cls.model_fields:
                    raise PydanticCustomError(
                        "unknown_key", "{text}", {"text": _unknown(str(key), known), "key": key}
                    )
        return values


class Limits(_Model):
    """What one submission may use. A call is one call of a student's function by a hidden test."""

    notebook_s: Seconds = 600.0  # wall time of the whole notebook
    cell_s: Seconds = 300.0  # wall time of one cell
    call_s: Seconds = 60.0  # CPU time of one call
    cpu_s: Seconds = 1200.0  # CPU time of the whole session
    memory_mb: Annotated[int, Field(strict=True, ge=64, le=4_194_304)] = 4096
    processes: Annotated[int, Field(strict=True, ge=8, le=32_768)] = 256
    scratch_mb: Annotated[int, Field(strict=True, ge=1, le=1_048_576)] = 512
    output_kb: Annotated[int, Field(strict=True, ge=1, le=1_048_576)] = 2048
    threads: Annotated[int, Field(strict=True, ge=1, le=1024)] = 1  # 1: the same numbers on every run

    @model_validator(mode="after")
    def _cell_within_notebook(self) -> Limits:
        if self.cell_s > self.notebook_s:
            raise PydanticCustomError(
                "limits",
                "cell_s ({cell}) must not be larger than notebook_s ({notebook})",
                {"cell": self.cell_s, "notebook": self.notebook_s},
            )
        return self


class LatePolicy(_Model):
    """What a late hand-in keeps. A day counts as soon as it has begun, from deadline to deadline.

    Whoever comes after the grace minutes is late by a day; a second day begins a day after the deadline itself.
    """

    grace_minutes: Annotated[int, Field(strict=True, ge=0, le=1440)] = 0
    penalty_per_day: Annotated[float, Field(strict=True, ge=0.0, le=1.0)] = 0.0  # share of the points
    accept_days: Annotated[int, Field(strict=True, ge=0, le=366)] | None = None  # None: no end

    def days_late(self, due: datetime | None, submitted_at: datetime | None) -> int:
        """Days begun after the deadline, 0 within the grace minutes or where either time is not known.

        Grace is time that passes. Days are those of the deadline's clock: where it was due at 23:59, a new one begins
        at 23:59, also on the days on which the clocks change.
        """
        if due is None or submitted_at is None:
            return 0
        if submitted_at.astimezone(UTC) - due.astimezone(UTC) <= timedelta(minutes=self.grace_minutes):
            return 0
        on_the_clock = submitted_at.astimezone(due.tzinfo).replace(tzinfo=None) - due.replace(tzinfo=None)
        return max(1, math.ceil(on_the_clock / timedelta(days=1)))

    def share_kept(self, due: datetime | None, submitted_at: datetime | None) -> float:
        """The share of its points, 0 to 1, that a hand-in keeps. Both times carry a zone."""
        days = self.days_late(due, submitted_at)
        if self.accept_days is not None and days > self.accept_days:
            return 0.0
        return max(0.0, 1.0 - days * self.penalty_per_day)


class DataSets(_Model):
    """Data sets by name: given to the student's kernel, or kept on the grader's side."""

    hand_out: tuple[Line, ...] = ()
    hold_back: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _disjoint(self) -> DataSets:
        both = sorted(set(self.hand_out) & set(self.hold_back))
        if both:
            raise PydanticCustomError(
                "data", "{names} is both handed out and held back; decide", {"names": ", ".join(both)}
            )
        return self


class DataFolder(_Model):
    """Where the data sets lie, in Keras's file format. The environment variable AUTOGRADER_DATA wins.

    `embedded: true` takes the small stand-ins even where the data sets are at hand: for demonstrations.
    """

    folder: Path | None = None
    embedded: Annotated[bool, Field(strict=True)] = False


class Certificates(_Model):
    """PEM files with which this machine and the scheduler know each other."""

    ca: Path  # of the authority that signed every certificate of the cluster
    cert: Path
    key: Path


class Cluster(_Model):
    """Dask's scheduler that gradings are given to. Without `address`, the option --cluster must name it."""

    address: Line | None = None  # tls://host:port, or tcp://host:port within one machine
    wait_s: Seconds = 60.0  # how long there may be no worker that can grade
    resources: dict[Line, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {}  # that each grading takes
    shared_folder: Path | None = None  # seen by this machine and all workers under the same path
    tls: Certificates | None = None

    @field_validator("address")
    @classmethod
    def _has_a_protocol(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(tls|tcp)://.+", value):
            raise PydanticCustomError("address", "expected tls://host:port or tcp://host:port")
        return value


class Groups(_Model):
    max_size: Annotated[int, Field(strict=True, ge=1, le=3)] = 3


class Defaults(_Model):
    """What an assignment inherits where it says nothing itself. Limits and late policy merge key by key."""

    profile: Literal["tensorflow", "torch"] = "tensorflow"
    limits: Limits = Limits()
    late: LatePolicy = LatePolicy()


class Assignment(_Model):
    set_by_loader: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str
    title: Line
    due: datetime | None = None  # always with a zone
    late: LatePolicy = LatePolicy()
    tracks: dict[str, tuple[Line, ...]] = {}  # track -> items it must do
    profile: Literal["tensorflow", "torch"] = "tensorflow"
    limits: Limits = Limits()
    data: DataSets = DataSets()
    options: dict[str, Any] = {}

    def required(self, track: str | None, items: Iterable[str]) -> tuple[str, ...]:
        """Which of `items` a student of `track` must do: what no track claims, and what this track claims.

        Without a known track that is everything. Raises CourseError for a track that does not exist.
        """
        if track is None or not self.tracks:
            return tuple(items)
        if track not in self.tracks:
            raise CourseError(f"assignment {self.name} has no track {track!r}; it has {_listed(self.tracks)}")
        claimed = {item for claims in self.tracks.values() for item in claims}
        return tuple(item for item in items if item not in claimed or item in self.tracks[track])

    @field_validator("due", mode="before")
    @classmethod
    def _aware(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None or isinstance(value, datetime):
            return value
        zone = (info.context or {}).get("zone")
        return _local_time(value, zone or UTC)

    @field_validator("due", mode="after")
    @classmethod
    def _has_zone(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise PydanticCustomError("due", "a due time without a time zone")
        return value


class Course(_Model):
    set_by_loader: ClassVar[frozenset[str]] = frozenset({"root"})

    root: Path
    id: Annotated[str, Field(max_length=64, pattern=_NAME)]
    title: Line
    term: Annotated[str, Field(max_length=64, pattern=_NAME)]
    timezone: str = "Europe/Berlin"
    roster: Path | None = None
    groups: Groups = Groups()
    data: DataFolder = DataFolder()
    isolation: Literal["full", "weak"] = "full"
    gradebook: str | None = None  # database URL; None: gradebook.db in the course's folder
    exchange: Path | None = None  # nbgrader's exchange; None: where nbgrader itself has it
    cluster: Cluster | None = None
    defaults: Defaults = Defaults()
    assignments: dict[str, Assignment] = {}

    @classmethod
    def load(cls, folder: Path | str) -> Course:
        """The course in `folder`. Raises CourseError."""
        root = Path(folder).resolve()
        path = root / FILE_NAME
        try:
            file = read_yaml(path)
        except YamlFileError as error:
            raise CourseError(_place(path, error.line) + str(error)) from error
        if not isinstance(file.data, dict):
            raise CourseError(f"{path}: expected keys such as id, title, term and assignments")
        prepared = _prepare(file.data, root)
        try:
            course = cls.model_validate(prepared, context={"zone": _zone(file.data.get("timezone"))})
        except ValidationError as error:
            raise CourseError("\n".join(_explain(path, file, error))) from error
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
            raise CourseError(f"{self.root / FILE_NAME}: {_unknown(name, self.assignments, 'assignment')}")
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
        if _zone(value) is None:
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


def _prepare(data: dict[str, Any], root: Path) -> dict[str, Any]:
    """The file's mapping with what the loader adds: names, inherited values, absolute paths."""
    if "root" in data:
        known = [name for name in Course.model_fields if name != "root"]
        raise CourseError(f"{root / FILE_NAME}: {_unknown('root', known)}")
    prepared = {**data, "root": root}
    prepared = _absolute(prepared, ("roster", "exchange"), root)
    if isinstance(data.get("data", {}), dict):
        prepared["data"] = _data_folder(data.get("data", {}), root)
    if isinstance(data.get("cluster"), dict):
        prepared["cluster"] = _absolute(data["cluster"], ("shared_folder",), root)
        if isinstance(data["cluster"].get("tls"), dict):
            prepared["cluster"]["tls"] = _absolute(data["cluster"]["tls"], ("ca", "cert", "key"), root)
    if isinstance(data.get("assignments"), dict):
        defaults = data.get("defaults", {})
        inherited = defaults if isinstance(defaults, dict) and _valid(Defaults, defaults) else {}
        prepared["assignments"] = {
            name: _inherit(name, entry, inherited, root) for name, entry in data["assignments"].items()
        }
    return prepared


def _absolute(data: dict[str, Any], keys: Iterable[str], root: Path) -> dict[str, Any]:
    paths = {key: root / Path(data[key]).expanduser() for key in keys if isinstance(data.get(key), str)}
    return {**data, **paths}


def _data_folder(data: dict[str, Any], root: Path) -> dict[str, Any]:
    if os.environ.get(DATA_VARIABLE):
        return {**data, "folder": Path(os.environ[DATA_VARIABLE]).expanduser().resolve()}
    if isinstance(data.get("folder"), str):
        return {**data, "folder": root / Path(data["folder"]).expanduser()}
    return data


def _inherit(name: str, entry: Any, defaults: dict[str, Any], root: Path) -> Any:
    if not isinstance(entry, dict):
        return entry
    if "name" in entry:
        raise CourseError(f"{root / FILE_NAME}: assignments.{name}.name: {name} is the name; delete this key")
    merged: dict[str, Any] = {**defaults, **entry, "name": name}
    for key in ("limits", "late"):
        if isinstance(defaults.get(key), dict) and isinstance(entry.get(key), dict):
            merged[key] = {**defaults[key], **entry[key]}
    return merged


def _valid(model: type[BaseModel], values: Any) -> bool:
    """Whether defaults may be passed on. Where they may not, the model's own check reports them once."""
    try:
        model.model_validate(values)
    except ValidationError:
        return False
    return True


def _zone(name: Any) -> ZoneInfo | None:
    if name is None:
        name = Course.model_fields["timezone"].default
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):  # unknown, malformed, a folder's name, not text
        return None


def _local_time(value: Any, zone: tzinfo) -> datetime:
    """A date and time as a person writes it, in the course's zone unless it carries an offset.

    An hour that the clocks go through twice means the later one, in the students' favour.
    """
    expected = 'expected a local date and time such as "2026-11-05 23:59"'
    if not isinstance(value, str) or ":" not in value:
        raise PydanticCustomError("due", "{text}", {"text": expected})
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("due", "{text}", {"text": f"{expected} ({error})"}) from error
    if time.tzinfo is not None:
        return time.astimezone(zone)
    aware = time.replace(tzinfo=zone, fold=1)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != time:
        raise PydanticCustomError("due", "the clocks of {zone} skip this time", {"zone": str(zone)})
    return aware


def _explain(path: Path, file: YamlFile, error: ValidationError) -> list[str]:
    lines = [_sentence(path, file, details) for details in error.errors()]
    return list(dict.fromkeys(lines))


def _sentence(path: Path, file: YamlFile, details: ErrorDetails) -> str:
    where: KeyPath = details["loc"]
    if details["type"] == "unknown_key":
        where = (*where, details["ctx"]["key"])
    key = ".".join(str(part) for part in where)
    value = details["input"]
    message = _allowed(details)
    if details["type"] == "missing":
        return f"{_place(path, file.line(where))}{key}: this key is required"
    shown = (
        ""
        if isinstance(value, BaseModel) or not _said_of_a_value(details)
        else f" {_short(value)} is not allowed:"
    )
    return f"{_place(path, file.line(where))}{key + ':' if key else ''}{shown} {message}".strip()


def _said_of_a_value(details: ErrorDetails) -> bool:
    """Whether a message is about the value itself, and not about keys in it or about two of them."""
    return not isinstance(details["input"], dict | list) or details["type"] in _EXPECTED


_EXPECTED = {  # in a person's words what pydantic says in those of Python
    "dict_type": "expected keys with values below it, or {key: value}",
    "model_type": "expected keys with values below it, or {key: value}",
    "tuple_type": "expected a list, such as [a, b]",
    "string_type": "expected text",
    "path_type": "expected the path of a file or folder",
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
}


def _allowed(details: ErrorDetails) -> str:
    value = details["input"]
    if details["type"] == "string_type" and isinstance(value, bool | int | float):
        return f'expected text; put it in quotes: "{value}"'
    if details["type"] == "string_pattern_mismatch":
        return "expected " + (
            "letters, digits, - and _" if details["ctx"]["pattern"] == _NAME else "one line of text"
        )
    message = details["msg"]
    return _EXPECTED.get(details["type"]) or message[0].lower() + message[1:]


def _place(path: Path, line: int | None) -> str:
    return f"{path}: " if line is None else f"{path}:{line}: "


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", repr(value))  # a database's password
    return text if len(text) <= 80 else text[:77] + "..."


def _unknown(key: str, known: Iterable[str], kind: str = "key") -> str:
    known = list(known)
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else "."
    return f"there is no {kind} {_short(key)} here{hint} Allowed: {_listed(known)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
