"""How pages say numbers, times and statuses. The same words on every machine, whatever its locale."""

from __future__ import annotations

import math
from datetime import datetime

from autograder.grading.grade import Evidence, Status

STATUS = {
    Status.PASSED: "Passed",
    Status.PARTIAL: "Partly there",
    Status.FAILED: "Not yet",
    Status.ERROR: "Stopped with an error",
    Status.TIMEOUT: "Took too long",
    Status.MISSING: "Missing",
    Status.DEFERRED: "Waits for a GPU",
    Status.MANUAL: "Waits for a grader",
}

EVIDENCE = {
    Evidence.BEHAVIOUR: "Your code was called with inputs of the grader's, and what came back was judged.",
    Evidence.SOURCE: "The text of your notebook was read, without running it.",
    Evidence.SELF_DESCRIPTION: (
        "Your program was asked about itself, for example for its layers. "
        "Such an answer counts only together with what your code does."
    ),
}

EVIDENCE_NAME = {
    Evidence.BEHAVIOUR: "behaviour",
    Evidence.SOURCE: "source text",
    Evidence.SELF_DESCRIPTION: "self-description",
}

# Not strftime, which depends on the locale.
# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


def points(value: float) -> str:
    """A score without needless zeros, to a hundredth: 4, 17.5, 0.33."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def points_of(value: float) -> str:
    """`1 point`, `4.5 points`."""
    return f"{points(value)} point" + ("" if points(value) == "1" else "s")


def number(value: float | int | str, unit: str = "") -> str:
    """A measured value in four significant digits with its unit."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, int):
        text = f"{value:,}".replace(",", " ") if abs(value) < 10**15 else f"{value:.4g}"
    elif not math.isfinite(value):
        text = "not a number" if math.isnan(value) else ("infinite" if value > 0 else "minus infinite")
    else:
        text = f"{value:.4g}".replace("e-", "e\N{NON-BREAKING HYPHEN}")  # a telephone's lines are short
    separator = "" if unit in ("", "%") else " "
    return f"{text}{separator}{unit}"


def seconds(value: float) -> str:
    if value < 100:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min"


def moment(value: datetime) -> str:
    """`21 November 2025, 23:59 (CET)`, in the zone that the time carries."""
    zone = f" ({value.tzname()})" if value.tzinfo else ""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}, {value:%H:%M}{zone}"
