"""nbgrader's own commands on this course: course.yaml becomes nbgrader's configuration."""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config

from autograder.course import Course
from autograder.release import settings


def configure(config: Config, file: str | Path) -> None:
    """Put the settings of the course beside `file`, an nbgrader_config.py, into nbgrader's `config`."""
    config.merge(settings(Course.load(Path(file).parent)))
