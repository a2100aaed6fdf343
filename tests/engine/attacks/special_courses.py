"""Courses with hidden tests made for one attack."""

from __future__ import annotations

import hashlib
import re
import shutil

from autograder.course import Course

_HEADER = """
import numpy as np
import pytest

from autograder.grading.verdicts import Partial, expect
from autograder.remote import answers
from autograder.remote.encoding import WireError
from autograder.remote.errors import BadAnswer, StudentDied, StudentError, StudentTimeout


@pytest.fixture(autouse=True)
def _arrays(student):
    with student.arrays_as("numpy"):
        yield

"""


def with_tests(course: Course, tests: str, limits: str = "") -> Course:
    """A course like `course` with these hidden tests, and limits of its own; once for the same of both."""
    key = hashlib.sha256(f"{course.root}\0{tests}\0{limits}".encode()).hexdigest()[:16]
    folder = course.root.parent / f"special-{key}"
    if folder.exists():
        return Course.load(folder)
    shutil.copytree(course.root, folder)
    if limits:
        settings = folder / "course.yaml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(re.sub(r"limits: \{.*\}", f"limits: {{{limits}}}", text), encoding="utf-8")
    hidden = folder / "tests" / "hidden" / "mini"
    (hidden / "test_mini.py").write_text(_HEADER + tests, encoding="utf-8")
    return Course.load(folder)
