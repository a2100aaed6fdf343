"""nbgrader's own commands, and its formgrader, on a course of ours.

A course's nbgrader_config.py calls `configure`. From then on `nbgrader autograde` and the formgrader's button
grade with this engine: nbgrader walks through the hand-ins, but a student's code only ever runs in the
sandbox, hidden tests judge it, and the gradebook's one writer records the grade. What nbgrader would do in
between (read the hand-in, repair its cells, run it in an ordinary kernel, guess scores from its outputs) is
not done; a hand-in that is no notebook therefore gets its page like any other, and stops nobody else's.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.preprocessors import NbGraderPreprocessor
from sqlalchemy.exc import SAWarning
from traitlets import Unicode
from traitlets.config import Config

from autograder import gradebook
from autograder.course import Course, CourseError
from autograder.gradebook.notebook import without_guides
from autograder.intake import Rejected, read
from autograder.intake.folder import SECRET, TIMESTAMP
from autograder.release import settings as release_settings

log = logging.getLogger(__name__)

_HERE = "autograder.nbgrader_bridge"


def configure(config: Config, file: str | Path) -> None:
    """Put the settings of the course beside `file`, an nbgrader_config.py, into nbgrader's `config`.

    nbgrader goes on with its own settings when its configuration fails, and would then run students' code
    unprotected and release hidden things. So a course.yaml with a mistake does not raise: it makes every
    conversion fail with the reason.
    """
    _put_scripts_on_path()
    # nbgrader makes new rows in an order that SQLAlchemy 2 remarks on, once for each hand-in; they arrive all
    # the same.
    warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)
    root = Path(file).resolve().parent
    config.Autograde.exporter_class = f"{_HERE}.HandInExporter"
    config.Autograde.pre_convert_hook = f"{_HERE}.prepare_hand_in"
    config.Autograde.sanitize_preprocessors = []
    config.Autograde.autograde_preprocessors = [f"{_HERE}.GradeHandIn"]
    config.GenerateFeedback.preprocessors = [
        f"{_HERE}.PrepareFeedback",
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    config.HTMLExporter.filters = {"markdown2html": "autograder.gradebook.html.markdown2html"}
    for step in ("GradeHandIn", "PrepareFeedback"):
        config[step].course_root = str(root)
    try:
        course = Course.load(root)
    except CourseError as error:
        log.error("%s", error)
        config.CourseDirectory.root = str(root)
        config.GenerateAssignment.preprocessors = [f"{_HERE}.RefuseBrokenCourse"]
        config.RefuseBrokenCourse.course_root = str(root)
        return
    config.merge(release_settings(course))
    config.NbGraderAPI.timezone = course.timezone


class HandInExporter(NotebookExporter):
    """Keeps nbgrader from reading hand-ins itself, which may be anything.

    nbgrader converts each notebook twice: from submitted/ to autograded/, then in place. The first conversion
    gives an empty notebook; in the second `GradeHandIn` puts the graded one in its place.
    """

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        return self.from_notebook_node(new_notebook(), resources, **options)  # type: ignore[no-untyped-call]


class _CourseStep(NbGraderPreprocessor):  # type: ignore[misc]
    """A step of nbgrader's conversions that knows the course."""

    course_root = Unicode(help="the course's folder").tag(config=True)

    def course(self) -> Course:
        return Course.load(self.course_root)


class GradeHandIn(_CourseStep):
    """Stands in for nbgrader's Execute and SaveAutoGrades: grade the hand-in and record the grade."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        # Only grading needs these: they would cost each of nbgrader's other commands a second.
        from autograder.class_run import REFUSED, keep, with_gpu_findings
        from autograder.grading.engine import grade, rejected
        from autograder.grading.settings import GradingSettings
        from autograder.running.store import GradeStore, course_key, file_key, submission_key

        course = self.course()
        assignment, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        settings = GradingSettings(isolation=course.isolation)
        hand_in = read(course, assignment, student)
        if isinstance(hand_in, Rejected):
            self.log.warning("The hand-in of %s cannot be graded: %s", student, hand_in.sentence)
            result, key, of_file = rejected(hand_in, course, hand_in.sentence), REFUSED, ""
        else:
            key_of_course = course_key(course, assignment, settings)
            key = submission_key(hand_in, key_of_course)
            of_file = file_key(hand_in.file_digest, key_of_course)
            result = with_gpu_findings(
                grade(hand_in, course, settings), GradeStore(course, assignment), student, key
            )
        self.log.info("%s: %g of %g points for %s", assignment, result.score, result.max_score, student)
        _keep_course_files_only(course, assignment, student)
        store = GradeStore(course, assignment)
        return keep(store, course, hand_in, result, key, of_file).notebook, resources


class PrepareFeedback(_CourseStep):
    """Before feedback is made: take out what is for graders only, and bring the late penalty up to date."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        about = resources["nbgrader"]
        gradebook.settle_penalties(self.course(), about["assignment"], about["student"])
        return without_guides(nb), resources


class RefuseBrokenCourse(_CourseStep):
    """Stops nbgrader's generate_assignment while course.yaml has a mistake."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        self.course()
        raise CourseError("course.yaml has been put right since this program started; start it again.")


def prepare_hand_in(*, assignment: str, student: str, notebooks: list[str], **_: object) -> None:
    """nbgrader's hook before a hand-in is converted: what nbgrader would stumble over is put right.

    The assignment is recorded, if it is not yet, for a course comes with its releases but without a
    gradebook. A notebook under another name is graded too: the list that nbgrader passes is the one it then
    works through, and reading the hand-in decides which file is meant, and says so on the page.
    """
    if notebooks:
        folder = Path(notebooks[0]).parent
        notebooks[:] = [str(folder / f"{folder.name}.ipynb")]
        gradebook.register(Course.find(folder), folder.name)


def _keep_course_files_only(course: Course, assignment: str, student: str) -> None:
    """Take out of autograded/ what nbgrader copied there from the hand-in, beside the notebook and its time.

    The formgrader would serve a student's page or drawing from its own address, and the feedback would hand
    on whatever a link in the hand-in led to.
    """
    folder, given = course.autograded / student / assignment, course.source(assignment).parent
    kept = {f"{assignment}.ipynb", TIMESTAMP, SECRET}
    for path in sorted(folder.rglob("*"), reverse=True):
        name = str(path.relative_to(folder))
        if name in kept or (given / name).exists():
            continue
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def _put_scripts_on_path() -> None:
    """nbgrader calls the command `alembic` for a new gradebook; it stands beside this interpreter."""
    folder = str(Path(sys.executable).parent)
    path: Sequence[str] = os.environ.get("PATH", "").split(os.pathsep)
    if folder not in path:
        os.environ["PATH"] = os.pathsep.join([folder, *path])
