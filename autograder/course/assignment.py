"""One assignment's part of course.yaml, and what assignments inherit from the course."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from autograder.course.model import Line, Model, Seconds
from autograder.course.times import local_time
from autograder.course.wording import CourseError, listed


class Limits(Model):
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


class LatePolicy(Model):
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


class DataSets(Model):
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


class Defaults(Model):
    """What an assignment inherits where it says nothing itself. Limits and late policy merge key by key."""

    profile: Literal["tensorflow", "torch"] = "tensorflow"
    limits: Limits = Limits()
    late: LatePolicy = LatePolicy()


class Assignment(Model):
    set_by_loader: ClassVar[frozenset[str]] = frozenset({"name"})

    name: str
    title: Line
    due: datetime | None = None  # always with a zone
    late: LatePolicy = LatePolicy()
    tracks: dict[str, tuple[Line, ...]] = Field(default_factory=dict)  # track -> items it must do
    profile: Literal["tensorflow", "torch"] = "tensorflow"
    limits: Limits = Limits()
    data: DataSets = DataSets()
    options: dict[str, Any] = Field(default_factory=dict)

    def required(self, track: str | None, items: Iterable[str]) -> tuple[str, ...]:
        """Which of `items` a student of `track` must do: what no track claims, and what this track claims.

        Without a known track that is everything. Raises CourseError for a track that does not exist.
        """
        if track is None or not self.tracks:
            return tuple(items)
        if track not in self.tracks:
            raise CourseError(f"assignment {self.name} has no track {track!r}; it has {listed(self.tracks)}")
        claimed = {item for claims in self.tracks.values() for item in claims}
        return tuple(item for item in items if item not in claimed or item in self.tracks[track])

    @field_validator("due", mode="before")
    @classmethod
    def _aware(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None or isinstance(value, datetime):
            return value
        zone = (info.context or {}).get("zone")
        return local_time(value, zone or UTC)

    @field_validator("due", mode="after")
    @classmethod
    def _has_zone(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise PydanticCustomError("due", "a due time without a time zone")
        return value
