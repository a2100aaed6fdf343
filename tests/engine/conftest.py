"""Fixtures that several of the engine's tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.course import Course


@pytest.fixture
def mini_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A copy of course_fixture/ in a folder of its own; its assignment `mini` needs no TensorFlow."""
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
    folder = tmp_path / "course"
    shutil.copytree(Path(__file__).parent / "course_fixture", folder)
    return Course.load(folder)
