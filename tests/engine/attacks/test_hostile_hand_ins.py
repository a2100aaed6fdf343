"""Lines 13 and 36 of the notes: archives and notebooks that are weapons before any code runs.

Intake's own tests go through every form; here the same door is tried with the victim beside it.
"""

from __future__ import annotations

import io
import json
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from arena import CANARY, Arena

from autograder.grading.engine import rejected
from autograder.intake import RejectedSubmission, collect, submission_from_file, submissions
from autograder.intake.submission import HandIn

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _zip(*entries: tuple[str, bytes, int]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.create_system = 3
            archive.writestr(info, content)
    return buffer.getvalue()


def _tar(*entries: tuple[str, bytes, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, target in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            info.size = len(NOTEBOOK) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(NOTEBOOK) if kind == tarfile.REGTYPE else None)
    return buffer.getvalue()


def _bomb() -> bytes:
    return _zip(("mallory/mini.ipynb", bytes(200_000_000), 0o644))


def _nested_bomb() -> bytes:
    inner = _zip(("a.zip", _zip(("mini.ipynb", bytes(40_000_000), 0o644)), 0o644))
    return _zip(*[(f"mallory/{i}.zip", inner, 0o644) for i in range(5)])


ARCHIVES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "slip": ("zip", lambda victim: _zip(("../" * 20 + victim + "/evil.ipynb", NOTEBOOK, 0o644))),
    "slip with backslashes": ("zip", lambda victim: _zip(("..\\..\\..\\evil\\mini.ipynb", NOTEBOOK, 0o644))),
    "an absolute name": ("zip", lambda victim: _zip((victim + "/evil.ipynb", NOTEBOOK, 0o644))),
    "a drive": ("zip", lambda victim: _zip(("C:\\evil\\mini.ipynb", NOTEBOOK, 0o644))),
    "a link": (
        "zip",
        lambda victim: _zip(("mallory/mini.ipynb", (victim + "/grades.csv").encode(), stat.S_IFLNK | 0o777)),
    ),
    "a link to a folder": (
        "zip",
        lambda victim: _zip(
            ("mallory", victim.encode(), stat.S_IFLNK | 0o777), ("mallory/grades.csv", NOTEBOOK, 0o644)
        ),
    ),
    "a device": ("zip", lambda victim: _zip(("mallory/mini.ipynb", b"", stat.S_IFBLK | 0o666))),
    "a hard link": (
        "tar",
        lambda victim: _tar(("mallory/mini.ipynb", tarfile.LNKTYPE, victim + "/grades.csv")),
    ),
    "a symbolic link": (
        "tar",
        lambda victim: _tar(
            ("mallory", tarfile.SYMTYPE, victim), ("mallory/grades.csv", tarfile.REGTYPE, "")
        ),
    ),
    "a pipe": ("tar", lambda victim: _tar(("mallory/mini.ipynb", tarfile.FIFOTYPE, ""))),
    "a character device": ("tar", lambda victim: _tar(("mallory/mini.ipynb", tarfile.CHRTYPE, ""))),
    "control characters": ("zip", lambda victim: _zip(("mal\x1b[2J\nlory/mi\x07ni.ipynb", NOTEBOOK, 0o644))),
    "a name of two lines": ("zip", lambda victim: _zip(("mallory/a\r\nb.ipynb", NOTEBOOK, 0o644))),
    "a bomb": ("zip", lambda victim: _bomb()),
    "a nested bomb": ("zip", lambda victim: _nested_bomb()),
    "many members": ("zip", lambda victim: _zip(*[(f"m/{i}", b"", 0o644) for i in range(25_000)])),
    "settings of pytest": (
        "zip",
        lambda victim: _zip(
            ("mallory/mini.ipynb", NOTEBOOK, 0o644),
            ("mallory/conftest.py", b"raise SystemExit(0)", 0o644),
            ("mallory/sitecustomize.py", b"raise SystemExit(0)", 0o644),
            ("mallory/numpy.py", b"allclose = lambda *a: True", 0o644),
        ),
    ),
}


@pytest.mark.parametrize("attack", ARCHIVES)
def test_archives(arena: Arena, tmp_path: Path, attack: str) -> None:
    """13, 36: what does not belong into submitted/<student>/mini/ is refused or tamed, and nothing else changes.

    Python's own extractall() follows several of these; to show it here would write outside the folder of the test.
    """
    from special_courses import with_tests

    course = with_tests(arena.course, f"# {attack}")
    suffix, make = ARCHIVES[attack]
    archive = tmp_path / f"handed-in.{suffix}"
    archive.write_bytes(make(str(arena.victim)))
    before = arena.state()
    report = None
    try:
        report = collect(archive, course, "mini")
    except Exception as refusal:  # noqa: BLE001 - which error is intake's own business; that it is a sentence is ours
        assert type(refusal).__module__.startswith("autograder."), refusal
        assert str(refusal)
    assert arena.state() == before
    for path in course.submitted.rglob("*"):
        assert not path.is_symlink()
        assert path.is_dir() or path.is_file()
        assert path.resolve().is_relative_to(course.submitted.resolve())
        assert str(path.relative_to(course.root)).isprintable()
        assert path.stat().st_nlink == 1 or path.is_dir()
    if report is not None:
        said = report.model_dump_json()
        assert f"{CANARY}-grades" not in said
    for entry in submissions(course, "mini"):
        assert f"{CANARY}-grades" not in entry.model_dump_json()


def _deep(levels: int) -> bytes:
    return (
        b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": '
        + b'{"a":' * levels
        + b"1"
        + b"}" * (levels + 1)
    )


HAND_INS: dict[str, Callable[[], bytes]] = {
    "200 MB": lambda: b'{"cells": ["' + b"a" * 200_000_000 + b'"]}',
    "100,000 cells": lambda: json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}] * 100_000}
    ).encode(),
    "10,000 deep": lambda: _deep(10_000),
    "broken UTF-8": lambda: NOTEBOOK.replace(b"cells", b"cel\xff\xfels"),
    "NUL bytes": lambda: NOTEBOOK.replace(b"cells", b"cel\x00ls"),
    "a number without end": lambda: b'{"nbformat": ' + b"9" * 2_000_000 + b"}",
    "no notebook": lambda: b"PK\x03\x04" + bytes(1000),
    "a pickle": lambda: b"\x80\x04\x95" + bytes(100),
}


@pytest.mark.parametrize("form", HAND_INS)
def test_notebooks_that_are_weapons(arena: Arena, tmp_path: Path, form: str) -> None:
    """36: refused with a sentence, and the rejection is a grade like others."""
    path = tmp_path / "mini.ipynb"
    path.write_bytes(HAND_INS[form]())
    before = arena.state()
    with pytest.raises(RejectedSubmission) as refusal:
        submission_from_file(path, "mini")
    sentence = refusal.value.sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()
    grade = rejected(HandIn(assignment="mini", student="mallory", path=str(path)), arena.course, sentence)
    assert (grade.status, grade.score) == ("rejected", 0.0)
    assert arena.state() == before


def _hostile_notebook() -> dict[str, Any]:
    code = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": ""}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "../../../evil", "display_name": "x\n", "language": "bash"},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": "<script>"}}},
        },
        "cells": [
            {**code, "id": "same", "metadata": {"tags": ["experiment\x00", 3], "nbgrader": {"grade_id": "../x"}}},
            {**code, "id": "same", "source": ["x = 1\n", "y = 2"], "outputs": [{"output_type": "evil"}]},
            {**code, "id": "a b", "source": "z = '\x00\u202e'", "metadata": {"nbgrader": {"grade_id": "more", "points": 99}}},
            {"cell_type": "markdown", "metadata": {}, "source": "![x](attachment:a.svg)",
             "attachments": {"a.svg": {"image/svg+xml": "<svg onload=alert(1)>"}, "b": 3}},
        ],
    }  # fmt: skip


def test_a_notebook_of_odd_parts_is_graded(arena: Arena) -> None:
    """36: ids twice, fields of wrong types, control characters, names of files, attachments."""
    before = arena.state()
    result = arena.grade_text(json.dumps(_hostile_notebook()))
    arena.unharmed(result, before)
    assert result.grade.status == "graded"
    assert "evil" not in json.dumps(json.loads(result.grade.notebook)["metadata"])


def test_format_3(arena: Arena) -> None:
    """36: nbformat 3, with a worksheet of code that would be worth full points if it were the solution."""
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "<script>"},
        "worksheets": [{"cells": [{"cell_type": "code", "input": "print 1", "language": "python", "outputs": [],
                                   "collapsed": False, "prompt_number": 1, "metadata": {}}], "metadata": {}}],
    }  # fmt: skip
    before = arena.state()
    result = arena.grade_text(json.dumps(old))
    arena.unharmed(result, before)
    assert result.grade.status in ("graded", "rejected")
