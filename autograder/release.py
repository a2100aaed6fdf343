"""Source notebook -> release notebook, by nbgrader's own converter.

`generate` and `nbgrader generate_assignment` write the same bytes, as both run the converter as `settings`
says: nbgrader's steps, then `CleanMetadata`, then `RefuseLeaks`. `generate` in addition leaves an old release
alone until the new one is known to be good.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Unicode
from traitlets.config import Config

from autograder import data as data_sets
from autograder.course import Course, CourseError
from autograder.leaks import collect_secrets, refuse_leaks, refuse_leaks_in_file
from autograder.mistakes import Mistake
from autograder.notebooks import NotebookError, grade_cells, grade_id, read
from autograder.notebooks.cells import marking

_CELL_METADATA = ("nbgrader", "tags", "deletable", "editable")
_IMPORTS_US = re.compile(r"^\s*(import|from)\s+autograder\b", re.MULTILINE)
_IGNORED = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__", "*.pyc", ".DS_Store")


class ReleaseError(Mistake):
    """A release cannot be made; the message says what is wrong in the source notebook."""


@dataclass(frozen=True)
class ReleaseResult:
    """A release that is in place. `changed`: it differs from the one that was there before."""

    assignment: str
    path: Path
    changed: bool


def generate(course: Course, names: tuple[str, ...] = (), *, register: bool = True) -> list[ReleaseResult]:
    """Make the releases of the assignments called `names`, of all if none is named.

    register:  also tell nbgrader's gradebook of the assignment and its cells, as nbgrader's command does
    Raises ReleaseLeak, ReleaseError, CourseError; an old release is then still there as it was.
    """
    results = []
    for name in names or tuple(course.assignments):
        course.assignment(name)
        with tempfile.TemporaryDirectory(prefix="autograder-release-") as folder:
            made = convert(course, name, Path(folder))
            if register:
                _register(course, name, Path(folder))
            results.append(_install(made, course.release(name)))
    return results


def convert(course: Course, name: str, folder: Path) -> Path:
    """Make the release of one assignment inside `folder`, check it, and return the folder with its files.

    Touches neither the course's releases nor a gradebook. Raises ReleaseLeak, ReleaseError, CourseError.
    """
    source = _source(course, name)
    shutil.copytree(course.source(name).parent, folder / "source" / name, ignore=_IGNORED, dirs_exist_ok=True)
    config = settings(course)
    config.SaveCells.enabled = False
    config.GenerateAssignment.no_database = True
    config.RefuseLeaks.enabled = False  # done below, where the exception keeps its type
    _run_converter(config, name, folder)
    made = folder / "release" / name
    secrets = collect_secrets(source, course.hidden_tests(name))
    for path in sorted(made.rglob("*")):
        relative = f"release/{name}/{path.relative_to(made)}"
        if path.suffix == ".ipynb":
            refuse_leaks(read(path), secrets, relative)
        elif path.is_file() and (text := _text_of(path)) is not None:
            refuse_leaks_in_file(text, secrets, relative)
    return made


def settings(course: Course) -> Config:
    """nbgrader's settings for a course: its folders and database, and how a release is made."""
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.course_id = course.id
    config.CourseDirectory.db_url = course.database_url
    config.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".DS_Store"]
    if course.exchange is not None:
        config.Exchange.root = str(course.exchange)
    steps = list(GenerateAssignment.preprocessors.default_args[0])
    config.GenerateAssignment.preprocessors = [CountChosen, *steps, CleanMetadata, RefuseLeaks]
    config.CountChosen.course_root = str(course.root)
    config.RefuseLeaks.course_root = str(course.root)
    return config


class CountChosen(NbGraderPreprocessor):  # type: ignore[misc]
    """Let items that the assignment's options leave out give 0 points: they are shown and tested, not counted.

    A grade cell with the tag `option:value` counts where course.yaml says `options: {option: value}`. It comes
    first, because nbgrader's own steps put the points into the checksums and the gradebook.
    """

    course_root = Unicode(help="the course's folder").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        name = resources["nbgrader"]["assignment"]
        chosen = Course.load(self.course_root).assignment(name).options
        for cell in nb.cells:
            if marking(cell).get("points") is None:
                continue
            tags = (tag.partition(":") for tag in cell.metadata.get("tags", []))
            if any(option in chosen and str(chosen[option]) != value for option, _, value in tags):
                cell.metadata.nbgrader.points = 0
        return nb, resources


class CleanMetadata(NbGraderPreprocessor):  # type: ignore[misc]
    """Take out what an instructor's run leaves in a notebook beside outputs: times, widgets, versions."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        kernel = nb.metadata.get("kernelspec", {})
        nb.metadata = NotebookNode(
            kernelspec={key: kernel[key] for key in ("display_name", "language", "name") if key in kernel},
            language_info={"name": "python"},
        )
        for cell in nb.cells:
            cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in _CELL_METADATA})
            for picture in list(cell.get("attachments", {})):
                if f"attachment:{picture}" not in cell.source:
                    del cell.attachments[picture]
            if "attachments" in cell and not cell.attachments:
                del cell["attachments"]
        return nb, resources


class RefuseLeaks(NbGraderPreprocessor):  # type: ignore[misc]
    """Stop `nbgrader generate_assignment` where the release would show something secret."""

    course_root = Unicode(help="the course's folder").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        name = resources["nbgrader"]["assignment"]
        course = Course.load(self.course_root)
        refuse_leaks(nb, collect_secrets(_source(course, name), course.hidden_tests(name)), f"release/{name}")
        return nb, resources


def _source(course: Course, name: str) -> NotebookNode:
    """The instructor's notebook, checked for what would make a release useless, or different each time."""
    path = course.source(name)
    if not path.is_file():
        raise ReleaseError(f"there is no source notebook {path}")
    try:
        source = read(path)
    except NotebookError as error:
        raise ReleaseError(f"{path}: {error}") from error
    _refuse_unstable_ids(path)
    if source.metadata.get("kernelspec", {}).get("name") != "python3":
        raise ReleaseError(f"{path}: the kernel must be python3, which Colab and every student has")
    for number, cell in enumerate(source.cells, start=1):
        if cell.cell_type == "code" and _IMPORTS_US.search(cell.source):
            raise ReleaseError(f"{path}: cell {number} imports autograder, which students do not have")
        if marking(cell).get("task") and not marking(cell).get("locked"):
            raise ReleaseError(f"{path}: the task {grade_id(cell)} is not locked; students could change it")
    _refuse_unknown_data(course, name)
    items = [cell.id for cell in grade_cells(source)]
    for track, claimed in course.assignment(name).tracks.items():
        unknown = [item for item in claimed if item not in items]
        if unknown:
            raise CourseError(
                f"{course.root / 'course.yaml'}: assignments.{name}.tracks.{track}: {', '.join(unknown)} is "
                f"no grade cell of {path.name}; allowed: {', '.join(items)}"
            )
    return source


def _refuse_unknown_data(course: Course, name: str) -> None:
    data = course.assignment(name).data
    for key, listed in (("hand_out", data.hand_out), ("hold_back", data.hold_back)):
        if unknown := [each for each in listed if each not in data_sets.NAMES]:
            raise CourseError(
                f"{course.root / 'course.yaml'}: assignments.{name}.data.{key}: there is no data set "
                f"{', '.join(unknown)}; allowed: {', '.join(data_sets.NAMES)}"
            )


def _refuse_unstable_ids(path: Path) -> None:
    """nbformat would give a cell without an id a new random one in every release."""
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    without = [str(n) for n, cell in enumerate(content["cells"], start=1) if not cell.get("id")]
    if without or content.get("nbformat_minor", 0) < 5:
        cells = (
            f"cells {', '.join(without[:5])} have"
            if without
            else "it is in a format before 4.5, where cells have"
        )
        raise ReleaseError(f"{path}: {cells} no id; open it in JupyterLab and save it once")


def _run_converter(config: Config, name: str, root: Path) -> None:
    """Run nbgrader's converter on `root`/source/`name`. Raises ReleaseError with nbgrader's own reason."""
    config = copy.deepcopy(config)
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = name
    messages = _Messages()
    log = logging.Logger("autograder.release")
    log.addHandler(messages)
    directory = CourseDirectory(config=config)
    converter = GenerateAssignment(coursedir=directory, config=config, log=log, force=True)
    try:
        with _scripts_on_path():
            converter.start()
    except NbGraderException as error:
        raise ReleaseError(
            f"nbgrader cannot make the release of {name}: {messages.reason() or error}"
        ) from error


class _Messages(logging.Handler):
    """nbgrader says why it failed in its log only."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())

    def reason(self) -> str:
        """The last line of the first traceback, without the name of the exception's class."""
        for text in self.texts:
            if text.startswith("Traceback"):
                return text.strip().split("\n")[-1].partition(": ")[2]
        return " ".join(self.texts)


@contextmanager
def _scripts_on_path() -> Iterator[None]:
    """nbgrader calls the command `alembic` for a new gradebook; it stands beside this interpreter."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _register(course: Course, name: str, folder: Path) -> None:
    """Save the assignment's cells and points in the gradebook, by nbgrader's own step, and its due time."""
    try:
        with _scripts_on_path(), closing(Gradebook(course.database_url, course.id)) as gradebook:
            _refuse_orphans(gradebook, name, read(folder / "release" / name / f"{name}.ipynb"))
            due = course.assignment(name).due
            if due is not None:  # the gradebook holds UTC without saying so
                gradebook.update_or_create_assignment(name, duedate=due.astimezone(UTC).replace(tzinfo=None))
    except (SQLAlchemyError, ModuleNotFoundError) as error:  # unreachable, locked, no driver for such a URL
        reason = getattr(error, "orig", None) or error
        raise ReleaseError(
            f"the gradebook cannot be used, so {name} stays as it was: {str(reason).strip()}"
        ) from error
    config = settings(course)
    config.RefuseLeaks.enabled = False  # convert() has looked
    _run_converter(config, name, folder)


def _refuse_orphans(gradebook: Gradebook, name: str, release: NotebookNode) -> None:
    """Grades hang on cells: with submissions in the gradebook no cell may come or go."""
    try:
        known = gradebook.find_notebook(name, name)
    except MissingEntry:
        return
    if not known.submissions:
        return
    before = {cell.name for cell in known.source_cells}
    after = {mark for cell in release.cells if (mark := grade_id(cell))}
    if before != after:
        changes = [f"{cell} is new" for cell in sorted(after - before)]
        changes += [f"{cell} is gone" for cell in sorted(before - after)]
        raise ReleaseError(
            f"the gradebook holds submissions of {name}, so its cells must stay: {', '.join(changes)}. "
            "Undo this in the source notebook, or start a new assignment under another name"
        )


def _install(made: Path, release: Path) -> ReleaseResult:
    """Put the new release in the place of the old one."""
    old, new = _contents(release.parent), _contents(made)
    if old != new:
        release.parent.parent.mkdir(parents=True, exist_ok=True)
        if release.parent.exists():
            shutil.rmtree(release.parent)
        shutil.copytree(made, release.parent)
    return ReleaseResult(assignment=made.name, path=release, changed=old != new)


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _text_of(path: Path) -> str | None:
    """The file's text; None for a file that is not text, such as a picture."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
