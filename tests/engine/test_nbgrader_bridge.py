"""nbgrader's configuration from course.yaml, and what it must not do when that fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from autograder import gradebook, nbgrader_bridge
from autograder.course import Course, CourseError
from autograder.nbgrader_bridge import HandInExporter, RefuseBrokenCourse, configure, prepare_hand_in


@pytest.fixture
def config(mini_course: Course) -> Config:
    made = Config()
    configure(made, mini_course.root / "nbgrader_config.py")
    return made


def test_course_yaml_decides(config: Config, mini_course: Course):
    directory = CourseDirectory(config=config)
    assert Path(directory.root) == mini_course.root
    assert directory.course_id == mini_course.id
    assert directory.db_url == mini_course.database_url
    assert config.NbGraderAPI.timezone == "Europe/Berlin"


def test_no_step_of_nbgrader_reads_or_runs_a_hand_in(config: Config):
    converter = Autograde(coursedir=CourseDirectory(config=config), config=config)
    assert converter.sanitize_preprocessors == []
    assert [import_item(step) for step in converter.autograde_preprocessors] == [nbgrader_bridge.GradeHandIn]
    assert converter.exporter_class is HandInExporter
    assert converter.pre_convert_hook is prepare_hand_in


def test_feedback_is_made_from_what_students_may_see(config: Config):
    converter = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config)
    assert import_item(converter.preprocessors[0]) is nbgrader_bridge.PrepareFeedback


@pytest.mark.parametrize("content", [b"no notebook", b"", b"\xff\xfe", b'{"cells": 1}'])
def test_hand_in_of_any_kind_passes_nbgraders_reading(content: bytes, tmp_path: Path):
    path = tmp_path / "mini.ipynb"
    path.write_bytes(content)
    output, _ = HandInExporter().from_filename(str(path))
    assert '"cells": []' in output


def test_mistake_in_course_yaml_stops_everything_instead_of_falling_back(mini_course: Course):
    (mini_course.root / "course.yaml").write_text("id: mini course with spaces\n")
    config = Config()
    configure(config, mini_course.root / "nbgrader_config.py")
    [step] = config.GenerateAssignment.preprocessors
    refuse = import_item(step)
    assert refuse is RefuseBrokenCourse
    with pytest.raises(CourseError, match=r"course\.yaml"):
        refuse(config=config).preprocess(None, {})
    [step] = config.Autograde.autograde_preprocessors
    with pytest.raises(CourseError, match=r"course\.yaml"):
        import_item(step)(config=config).preprocess(
            None, {"nbgrader": {"assignment": "mini", "student": "ada"}}
        )


def test_hook_names_the_expected_notebook_and_records_the_assignment(mini_course: Course):
    notebooks = [str(mini_course.submitted / "ada" / "mini" / name) for name in ("a.ipynb", "b.ipynb")]
    Path(notebooks[0]).parent.mkdir(parents=True)
    prepare_hand_in(assignment="mini", student="*", notebooks=notebooks)
    assert notebooks == [str(mini_course.submitted / "ada" / "mini" / "mini.ipynb")]
    from nbgrader.api import Gradebook

    with Gradebook(mini_course.database_url, mini_course.id) as book:
        assert book.find_notebook("mini", "mini").max_score == 8.0
    assert gradebook.class_grades(mini_course, "mini") == {}


def test_scripts_of_this_environment_are_found(mini_course: Course, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    configure(Config(), mini_course.root / "nbgrader_config.py")
    assert str(Path(sys.executable).parent) in os.environ["PATH"].split(os.pathsep)
