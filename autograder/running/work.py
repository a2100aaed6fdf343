"""What a grader process does: submissions in, grades out.

Imports the engine where it is needed: the process that hands out the work does without.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import traceback
from multiprocessing.connection import Connection, wait
from typing import Any

from autograder.course import Course
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission

_GRACE_S = 10.0  # to end the sandboxes in order, when the driver has gone


def grade_for_the_driver(
    questions: Connection[Any, Any],
    course: Course,
    settings: GradingSettings,
    profile: str,
    lent: socket.socket | None,
) -> None:
    """Grade what comes until the driver closes the pipe, or is gone. `lent` is a line to its warm parent."""
    from autograder.grading.warmth import cool_down, expect_more, share_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_the_driver, daemon=True).start()
    expect_more(True)
    try:
        if lent is not None:
            share_parent(profile, lent)
        while True:
            submission = questions.recv()
            questions.send(graded(submission, course, settings))
    except (EOFError, OSError):
        return
    finally:
        cool_down()


def graded(submission: Submission, course: Course, settings: GradingSettings) -> tuple[str, Any]:
    """("grade", JSON), ("failure", why the grader broke) or ("stop", the mistake that every submission would meet)."""
    from autograder.grading.engine import HiddenTestsError, MeasurementError, grade
    from autograder.grading.items import UntestedItemError
    from autograder.notebooks import NotebookError
    from autograder.sandbox import IsolationError, NoGpuError

    try:
        return "grade", grade(submission, course, settings).model_dump_json()
    except (HiddenTestsError, UntestedItemError, NotebookError, IsolationError, NoGpuError) as mistake:
        return "stop", mistake
    except MeasurementError as spoiled:
        return "failure", str(spoiled)
    except Exception:  # noqa: BLE001 - whatever breaks the grader on one submission must not stop the others
        return "failure", traceback.format_exc(limit=-12)


def _end_with_the_driver() -> None:
    """Wait for the driver's end, also in the middle of a grading, and end then."""
    driver = multiprocessing.parent_process()
    assert driver is not None
    wait([driver.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_GRACE_S)
    os._exit(1)


def _leave(*_: object) -> None:
    raise SystemExit(0)
