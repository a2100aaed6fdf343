"""Times as a person writes them in course.yaml, on the clock of the course's zone."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

DEFAULT_ZONE = "Europe/Berlin"


def zone_of(name: Any) -> ZoneInfo | None:
    if name is None:
        name = DEFAULT_ZONE
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):  # unknown, malformed, a folder's name, not text
        return None


def local_time(value: Any, zone: tzinfo) -> datetime:
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
