"""The documents that commands print with `--json`."""

from __future__ import annotations

from typing import Any

from autograder.grading.grade import Grade


def grade_document(grade: Grade) -> dict[str, Any]:
    """A grade for machines: no notebook, no pictures, nothing that only the instructor may see."""
    document: dict[str, Any] = {
        "assignment": grade.assignment,
        "student": grade.student,
        "score": grade.score,
        "max_score": grade.max_score,
        "status": grade.status,
        "reason": grade.reason,
        "items": [
            {
                "id": item.id,
                "title": item.title,
                "score": item.score,
                "max_score": item.max_score,
                "status": item.status.value,
                "message": item.message,
                "checks": [
                    {
                        "checked": outcome.checked,
                        "score": outcome.score,
                        "weight": outcome.weight,
                        "status": outcome.status.value,
                        "message": outcome.message,
                        "hint": outcome.hint,
                        "evidence": outcome.evidence.value,
                        "figures": [figure.model_dump() for figure in outcome.figures],
                    }
                    for outcome in item.outcomes
                ],
            }
            for item in grade.items
        ],
        "timing": grade.timing.model_dump(),
        "environment": grade.environment.model_dump(),
        **({"gpu_environment": grade.gpu_environment.model_dump()} if grade.gpu_environment else {}),
        "notices": list(grade.notices),
    }
    if not grade.student:
        del document["student"]
    if not grade.reason:
        del document["reason"]
    return document
