"""The committed releases are what the source notebooks give, byte for byte."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.release import convert

COURSE = Course.load(Path(__file__).resolve().parents[2])


@pytest.mark.parametrize("name", COURSE.assignments)
def test_release_is_in_step_with_its_source(name: str, tmp_path: Path) -> None:
    made = convert(COURSE, name, tmp_path)
    committed = COURSE.release(name).parent
    assert _files(made) == _files(committed), f"run: autograder generate {name}"
    for file in _files(made):
        new, old = (made / file).read_bytes(), (committed / file).read_bytes()
        if new != old:
            lines = (content.decode(errors="replace").splitlines() for content in (old, new))
            diff = "\n".join(list(difflib.unified_diff(*lines, "committed", "from source", lineterm=""))[:60])
            pytest.fail(f"release/{name}/{file} is out of step; run: autograder generate {name}\n{diff}")


def _files(folder: Path) -> list[Path]:
    paths = sorted(folder.rglob("*"))
    return [p.relative_to(folder) for p in paths if p.is_file() and ".ipynb_checkpoints" not in p.parts]
