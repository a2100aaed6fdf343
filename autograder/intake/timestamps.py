"""Times of hand-in: what nbgrader, Moodle and people write into timestamp.txt, as aware datetimes in UTC."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from autograder.intake.files import printable

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # archives write 1980-01-01 when they know no time
LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # not “now”: the same hand-in is read alike on every day
_FORMATS = (  # beside ISO 8601: nbgrader's example for archives, and German and English habits
    "%Y-%m-%d-%H-%M-%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M",
    "%d %B %Y %H:%M",
    "%a %b %d %H:%M:%S %Y",
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def parse(text: str, course_zone: str = "UTC") -> datetime:
    """Read the text of a timestamp.txt, in UTC.

    nbgrader writes `2026-05-04 21:59:00.000000 UTC`, the last word being whatever zone its configuration
    names (`Europe/Berlin`, `CEST`, `+0200`); its zip collector writes ISO without a zone. As with nbgrader, a
    time without a zone is UTC. An abbreviation is understood where the course's own zone uses it at that
    time. Raises ValueError, with a sentence, for everything else.
    """
    text = text.strip().removeprefix("\ufeff")
    if not text or len(text) > 100:
        raise ValueError("The time of the hand-in is empty or far too long.")
    words = text.split(" ")
    zone = words.pop() if len(words) == 3 else ""
    moment = _clock(" ".join(words))
    if zone:
        moment = _in_zone(moment.replace(tzinfo=None), zone, course_zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return checked(moment)


def local(year: int, month: int, day: int, hour: int, minute: int, second: int, course_zone: str) -> datetime:
    """A wall-clock time of the course's zone in UTC. Raises ValueError for what no clock can have shown."""
    wall = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=ZoneInfo(course_zone))
    return checked(wall)


def checked(moment: datetime) -> datetime:
    """Return `moment` in UTC. Raises ValueError outside EARLIEST to LATEST: a wrong clock."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"The hand-in is dated {moment.year}, which cannot be.") from error
    if moment < EARLIEST or moment > LATEST:
        raise ValueError(f"The hand-in is dated {moment:%Y-%m-%d %H:%M}, which cannot be.")
    return moment


def write(moment: datetime) -> str:
    """The text of nbgrader's timestamp.txt for this moment."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def _clock(text: str) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    for form in _FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text, form)
    raise ValueError(f"“{printable(text, 40)}” is no date and time.")


def _in_zone(wall: datetime, zone: str, course_zone: str) -> datetime:
    if zone in ("UTC", "Z", "GMT"):
        return wall.replace(tzinfo=UTC)
    offset = _OFFSET.fullmatch(zone)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes >= 24 * 60:
            raise ValueError(f"“{zone}” is no time zone.")
        return wall.replace(tzinfo=timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes)))
    for fold in (0, 1):  # the two readings of the hour that is repeated in autumn
        own = wall.replace(tzinfo=ZoneInfo(course_zone), fold=fold)
        if own.tzname() == zone:
            return own
    if "/" in zone:
        try:
            return wall.replace(tzinfo=ZoneInfo(zone))
        except (ValueError, OSError, KeyError) as error:  # ZoneInfo refuses names that lead out of its folder
            raise ValueError(f"“{printable(zone, 40)}” is no time zone.") from error
    raise ValueError(f"“{printable(zone, 40)}” is no time zone that the course knows.")
