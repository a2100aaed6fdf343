"""Whatever happens to a notebook on its way, it ends as a valid notebook or in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.notebooks import (
    NotebookError,
    as_text,
    grade_cells,
    grade_id,
    is_protected,
    python_text,
    read,
    restore,
    student_code,
)

RELEASE_PATH = Path(__file__).parent / "course_fixture" / "release" / "mini" / "mini.ipynb"
RELEASE = read(RELEASE_PATH)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a JSON value, the whole value's own included."""
    found = [path]
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        found += places(child, (*path, key))
    return found


def damage(value: Any, path: tuple[Any, ...], how: str, content: Any) -> Any:
    if not path:
        return content
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    if how == "delete":
        del holder[path[-1]]
    elif how == "double" and isinstance(holder, list):
        holder.insert(path[-1], json.loads(json.dumps(holder[path[-1]])))
    else:
        holder[path[-1]] = content
    return value


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_release_is_restored_or_refused(data: st.DataObject) -> None:
    content = json.loads(RELEASE_PATH.read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(content)[1:] or [()]))
        how = data.draw(st.sampled_from(["delete", "double", "replace"]))
        content = damage(content, path, how, data.draw(junk))
    try:
        submitted = read(json.dumps(content))
    except NotebookError:
        return
    restored, _ = restore(submitted, RELEASE)
    nbformat.validate(restored)
    as_text(restored).encode("utf-8")
    assert sorted((c.id, c.points) for c in grade_cells(restored)) == sorted(
        (c.id, c.points) for c in grade_cells(RELEASE)
    )
    texts = {grade_id(c): c.source for c in restored.cells if is_protected(c)}
    assert texts == {grade_id(c): c.source for c in RELEASE.cells if is_protected(c)}
    kept = [c.source for c in restored.cells]
    stubs = {c.source for c in RELEASE.cells}
    protected = {grade_id(c) for c in RELEASE.cells if is_protected(c)}
    for cell in submitted.cells:
        claimed = cell.metadata.get("nbgrader", {}).get("grade_id")
        assert cell.source in kept or cell.source in stubs or claimed in protected or cell.id in protected
    assert restore(restored, RELEASE)[0] == restored
    for own in student_code(restored, experiments=True):
        python_text(own.text)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_bytes_are_refused_with_a_sentence(tmp_path_factory: Any, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotebookError, match=r"\.$"):  # no 200 such bytes are a notebook
        read(path)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="%!?=x()'\"\\\n \t:#,;/[]", max_size=40))
def test_any_text_becomes_text_of_as_many_lines(text: str) -> None:
    assert python_text(text).count("\n") <= text.count("\n")
