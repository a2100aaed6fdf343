"""What grading a submission yields: outcomes of hidden tests, grades of items, the grade of the whole.

Frozen models that serialise to JSON, because a grade travels: from a worker to the gradebook's writer, into the
cache, onto a page, and to whoever asked for `--json`.
"""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Status(StrEnum):
    """How an item of an assignment, or one hidden test of it, ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    ERROR = "error"  # the student's code raised, or its process died
    TIMEOUT = "timeout"
    MISSING = "missing"  # the function or cell that the item asks for is not there
    DEFERRED = "deferred"  # needs a device that this machine lacks; points stay open
    MANUAL = "manual"  # a person gives these points


class Evidence(StrEnum):
    """What a verdict rests on."""

    BEHAVIOUR = "behaviour"  # judged from outside; cannot be forged
    SOURCE = "source"  # the submitted text, read by the grader
    SELF_DESCRIPTION = "self-description"  # asked of the student's process; never worth points alone


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(Model):
    """A measured number for the report, with its interval and threshold where it has them.

    JSON and drawings know finite numbers only, and a student's answer may be any: a value that is not finite, or that
    no float can hold, is said in words, and there is no interval or threshold of such.
    """

    name: str
    value: float | int | str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    threshold: float | None = None

    @field_validator("value")
    @classmethod
    def _finite_or_in_words(cls, value: float | int | str) -> float | int | str:
        if isinstance(value, str) or _is_finite(value):
            return value
        if value != value:
            return "not a number"
        return "infinite" if value > 0 else "minus infinite"

    @field_validator("low", "high", "threshold")
    @classmethod
    def _finite_or_none(cls, value: float | None) -> float | None:
        return value if value is not None and _is_finite(value) else None


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number larger than any float
        return False


class Picture(Model):
    """A picture for the report, drawn by the grader. `png` is base64; `caption` also serves as alternative text."""

    name: str
    caption: str
    png: str


class Outcome(Model):
    """How one hidden test ended. `checked`, `message` and `hint` are the sentences that the student reads."""

    test: str
    item: str
    weight: float = 1.0
    score: float = Field(ge=0.0, le=1.0)
    status: Status
    checked: str = ""
    message: str = ""
    hint: str = ""
    evidence: Evidence = Evidence.BEHAVIOUR
    figures: tuple[Figure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    wall_s: float = 0.0


class ItemGrade(Model):
    """The points of one grade cell. `score` is None while a person or another machine has yet to give it."""

    id: str
    title: str = ""
    score: float | None
    max_score: float
    status: Status
    message: str = ""
    outcomes: tuple[Outcome, ...] = ()


class Timing(Model):
    """Seconds. `cpu_s` is what the student's own processes used; `wall_s` the whole grading."""

    wall_s: float
    cpu_s: float
    notebook_s: float = 0.0
    tests_s: float = 0.0
    start_s: float = 0.0


class Environment(Model):
    """Where a grade was made, so that it can be made again."""

    device: str = "cpu"  # or the name of the GPU
    driver: str = ""  # of the GPU
    profile: str = "tensorflow"
    isolation: Literal["full", "weak"] = "full"
    missing_layers: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    data: dict[str, str] = {}  # data set -> "local folder", "keras download" or "embedded"


class Grade(Model):
    """The whole of one submission's grading, as a pure function of the submission and the course."""

    format: Literal[1] = 1
    assignment: str
    student: str = ""
    score: float
    max_score: float  # of all items, manual and deferred ones included
    status: Literal["graded", "incomplete", "rejected"]
    reason: str = ""  # why a submission was rejected, or what is still open
    items: tuple[ItemGrade, ...] = ()
    timing: Timing = Timing(wall_s=0.0, cpu_s=0.0)
    environment: Environment = Environment()
    gpu_environment: Environment | None = None  # of the tests that need a GPU, once they were run on one
    graded_at: datetime | None = None
    notebook: str = ""  # the executed notebook, nbformat 4 JSON
    log: str = ""  # for the instructor only: what tests printed, what broke
    notices: tuple[str, ...] = ()  # sentences for the student: repaired cells, stand-in data
