"""Random and mutated notebooks, names and archives: taken or refused, never a crash, never a wrong acceptance."""

from __future__ import annotations

import copy
import io
import json
import math
import tarfile
import unicodedata
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_samples import code, dumped, make_course, notebook, odd_but_gradable, solution, stream
from intake_samples import text as markdown

from autograder.intake import ArchiveError, RejectedSubmission, collect, submissions, timestamps
from autograder.intake.files import printable
from autograder.intake.names import check_student_id
from autograder.intake.pairing import owner_of, spellings
from autograder.intake.place import plain_name
from autograder.intake.text import notebook_text
from autograder.intake.unpack import _Refused, safe_parts
from autograder.notebooks import read

EVERYDAY = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
ALL = settings(EVERYDAY, max_examples=10_000, derandomize=False)

# Text with what breaks programs: NUL, surrogates, direction marks, separators of other systems.
TEXT = st.text(max_size=20) | st.sampled_from(
    ["\0", "\ud800", "\u202e", "../", "\\", "\u2028", "\r", "{{", "</script>"]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, -(10**40), math.nan, math.inf, -0.0, 1e308])
LEAF = st.none() | st.booleans() | NUMBERS | TEXT
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
FIELDS = st.sampled_from(
    [
        "attachments",
        "cell_type",
        "cells",
        "data",
        "evalue",
        "execution_count",
        "grade",
        "grade_id",
        "id",
        "locked",
        "metadata",
        "name",
        "nbformat",
        "nbformat_minor",
        "nbgrader",
        "outputs",
        "output_type",
        "points",
        "source",
        "tags",
        "text",
        "traceback",
        "worksheets",
        "input",
    ]
)
TEMPLATE = notebook(
    markdown("# Übung"),
    solution("f", "def f(x):\n    return x\n"),
    code(
        "f(1)",
        (
            stream("1\n"),
            {
                "output_type": "execute_result",
                "data": {"text/plain": "1"},
                "metadata": {},
                "execution_count": 1,
            },
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
        ),
        tags=["experiment"],
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything in a JSON value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


@st.composite
def mutated_notebooks(draw: st.DrawFn) -> bytes:
    """An honest notebook with some of its parts exchanged, deleted, doubled or renamed."""
    content: Any = copy.deepcopy(TEMPLATE)
    for _ in range(draw(st.integers(1, 4))):
        candidates = places(content)
        if not candidates:
            break
        *way, last = draw(st.sampled_from(candidates))
        parent = content
        for key in way:
            parent = parent[key]
        action = draw(st.sampled_from(["exchange", "delete", "double", "rename"]))
        if action == "exchange":
            parent[last] = draw(JSON)
        elif action == "delete":
            del parent[last]
        elif isinstance(parent, list):
            parent.insert(0, copy.deepcopy(parent[last]))
        elif isinstance(parent, dict):
            parent[draw(FIELDS)] = parent.pop(last) if action == "rename" else copy.deepcopy(parent[last])
    return dumped(content)


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    """Bytes of an honest notebook, cut, overwritten or repeated."""
    raw = bytearray(draw(st.sampled_from([dumped(TEMPLATE), *odd_but_gradable().values()])))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 40)))
        raw[start:end] = draw(
            st.binary(max_size=12) | st.sampled_from([b'"', b"[[[[", b"\\u0000", b"NaN", b"\0"])
        )
    return bytes(raw)


def demand_sentence(text: str) -> None:
    """What a person is told fits on a line and can be shown."""
    assert text.strip()
    assert text.isprintable()
    assert len(text) < 1000


def check_notebook(raw: bytes) -> None:
    """What holds for any bytes whatever: a sentence, or a sound notebook with exactly the code that was handed in."""
    try:
        taken, notices = notebook_text(raw)
    except RejectedSubmission as refusal:
        demand_sentence(refusal.sentence)
        return
    taken.encode("utf-8")
    content = json.loads(taken, parse_constant=lambda name: pytest.fail(f"{name} in the canonical notebook"))
    assert notebook_text(taken.encode())[0] == taken
    assert all(isinstance(notice, str) for notice in notices)
    assert not any("\0" in cell["source"] for cell in content["cells"])
    handed_in = read(raw.decode("utf-8-sig", "replace")) if _is_utf8(raw) else None
    if handed_in is not None:
        assert [(cell["cell_type"], cell["source"]) for cell in content["cells"]] == [
            (cell.cell_type, cell.source) for cell in handed_in.cells
        ]
    for cell in content["cells"]:
        assert set(cell["metadata"]) <= {"nbgrader", "tags"}


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True


def check_name(name: str) -> None:
    """No name leads anywhere, whatever is in it."""
    try:
        parts, _ = safe_parts(name)
    except _Refused as reason:
        demand_sentence(str(reason))
    else:
        assert ".." not in parts
        assert all(part and "/" not in part and "\\" not in part for part in parts)
        assert not any(
            unicodedata.category(letter) in ("Cc", "Cf", "Cs") for part in parts for letter in part
        )
        owner_of(parts, lambda _: False)
    plain = plain_name(name)
    assert Path(plain).name == plain
    assert not plain.startswith(".")
    assert len(plain.encode("utf-8", "replace")) <= 255
    assert printable(name).isprintable()
    spellings(name)
    try:
        assert check_student_id(name) == name
    except RejectedSubmission as refusal:
        demand_sentence(refusal.sentence)
    else:
        assert Path(name).name == name
        name.encode()


def check_time(text: str) -> None:
    """A time is understood or refused, and then the same on every reading."""
    try:
        moment = timestamps.parse(text, "Europe/Berlin")
    except ValueError as refusal:
        demand_sentence(str(refusal))
    else:
        assert timestamps.parse(timestamps.write(moment)) == moment


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Archives with strange names in them, some of them damaged."""
    packed = io.BytesIO()
    names = draw(st.lists(TEXT | st.just("Anna Müller_7_assignsubmission_file_/a1.ipynb"), max_size=5))
    content = draw(mutated_notebooks())
    if draw(st.booleans()):
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in dict.fromkeys(name.encode("utf-8", "replace").decode() for name in names):
                archive.writestr(zipfile.ZipInfo(name or "x"), content)
    else:
        with tarfile.open(fileobj=packed, mode=draw(st.sampled_from(["w", "w:gz"]))) as tar:
            for name in (name.encode("utf-8", "replace").decode() for name in names):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                info.type = draw(
                    st.sampled_from([tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, b"V", b"S"])
                )
                tar.addfile(info, io.BytesIO(content))
    raw = bytearray(packed.getvalue())
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(raw)))
        raw[start : start + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(raw)


def check_archive(raw: bytes) -> None:
    """Whatever the archive, only students of the roster get a folder, and each can be read."""
    with TemporaryDirectory() as folder:
        course = make_course(Path(folder) / "course")
        before = set(Path(folder).rglob("*"))
        (Path(folder) / "archive").write_bytes(raw)
        try:
            collect(Path(folder) / "archive", course, "a1")
        except ArchiveError as refusal:
            demand_sentence(str(refusal))
        outside = {path for path in Path(folder).rglob("*") if course.submitted not in path.parents} - before
        assert outside <= {Path(folder) / "archive", course.submitted}
        assert {one.student for one in submissions(course, "a1")} <= {"anna"}


@given(raw=mutated_notebooks())
@EVERYDAY
def test_mutated_notebooks(raw: bytes) -> None:
    check_notebook(raw)


@given(raw=damaged_files() | st.binary(max_size=200) | JSON.map(dumped))
@EVERYDAY
def test_damaged_files(raw: bytes) -> None:
    check_notebook(raw)


@given(name=st.text(max_size=60) | st.lists(TEXT, max_size=6).map("/".join))
@EVERYDAY
def test_names(name: str) -> None:
    check_name(name)


@given(
    text=st.text(max_size=40)
    | st.from_regex(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( [A-Z+-][\w/+-]*)?", fullmatch=True)
)
@EVERYDAY
def test_times(text: str) -> None:
    check_time(text)


@given(raw=archives())
@settings(EVERYDAY, max_examples=60)
def test_archives(raw: bytes) -> None:
    check_archive(raw)


@pytest.mark.full
@given(raw=mutated_notebooks() | damaged_files() | JSON.map(dumped))
@ALL
def test_ten_thousand_notebooks(raw: bytes) -> None:
    check_notebook(raw)


@pytest.mark.full
@given(name=st.text(max_size=60) | st.lists(TEXT, max_size=6).map("/".join))
@ALL
def test_ten_thousand_names(name: str) -> None:
    check_name(name)


@pytest.mark.full
@given(raw=archives())
@settings(ALL, max_examples=2_000)
def test_two_thousand_archives(raw: bytes) -> None:
    check_archive(raw)
