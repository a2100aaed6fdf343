"""Bytes -> canonical notebook: odd hand-ins are taken, hostile ones get a sentence, in bounded memory."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import intake_samples as samples
import pytest
from intake_samples import code, dumped, notebook, ordinary, solution, stream

from autograder.intake import text
from autograder.intake.submission import RejectedSubmission, Submission
from autograder.notebooks import read


def canonical(raw: bytes) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(text.notebook_text(raw)[0])
    return result


def digest(raw: bytes, assignment: str = "a1") -> str:
    return Submission(
        assignment=assignment, student="anna", notebook=text.notebook_text(raw)[0]
    ).content_digest()


@pytest.mark.parametrize("name", samples.odd_but_gradable())
def test_an_odd_notebook_is_taken_and_can_be_read_again(name: str) -> None:
    taken, _ = text.notebook_text(samples.odd_but_gradable()[name])
    again = read(taken)
    assert [cell.cell_type for cell in again.cells] == [
        cell["cell_type"] for cell in json.loads(taken)["cells"]
    ]
    assert text.notebook_text(taken.encode())[0] == taken


@pytest.mark.parametrize("name", samples.cannot_be_graded())
def test_what_cannot_be_graded_gets_a_sentence(name: str) -> None:
    with pytest.raises(RejectedSubmission) as caught:
        text.notebook_text(samples.cannot_be_graded()[name]())
    sentence = caught.value.sentence
    assert re.fullmatch(r"[A-Z“].{20,}[.!]", sentence), sentence
    assert len(sentence) < 400


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("PDF", "a PDF"),
        ("zip", "a zip archive"),
        ("web page", "a web page"),
        ("empty", "empty"),
        ("200 MB", "MB large"),
        ("100,000 cells", "cells"),
    ],
)
def test_the_sentence_names_what_is_wrong(name: str, says: str) -> None:
    with pytest.raises(RejectedSubmission, match=says):
        text.notebook_text(samples.cannot_be_graded()[name]())


@pytest.mark.parametrize("name", ["Latin-1", "UTF-16", "byte order mark", "Windows line ends"])
def test_umlauts_survive_an_editor_that_changed_the_encoding(name: str) -> None:
    cells = canonical(samples.odd_but_gradable()[name])["cells"]
    assert cells[0]["source"] == "# Grüße"
    assert "Übung" in cells[1]["source"]


def test_a_few_broken_bytes_do_not_spoil_the_other_umlauts() -> None:
    raw = ordinary().replace("Anna Müller".encode(), b"Anna M\xffller \xc3\x84\xc3\x96")
    taken, notices = text.notebook_text(raw)
    assert "Übung" in taken
    assert "M�ller ÄÖ" in taken
    assert any("damaged" in notice for notice in notices)


def test_what_editors_add_does_not_reach_grading() -> None:
    cells = canonical(samples.odd_but_gradable()["Colab"])["cells"]
    assert cells[2]["metadata"] == {}
    assert "widgets" not in json.dumps(canonical(samples.odd_but_gradable()["Colab"])["metadata"])
    assert cells[2]["source"].startswith("#@title")


def test_huge_outputs_are_left_out_and_the_code_stays() -> None:
    large = stream("x" * 9_000_000)
    small = stream("accuracy 0.97\n")
    raw = dumped(notebook(code("train()", (large, small)), code("evaluate()", (large,))))
    taken, notices = text.notebook_text(raw)
    cells = json.loads(taken)["cells"]
    assert [cell["source"] for cell in cells] == ["train()", "evaluate()"]
    assert small in cells[0]["outputs"]
    assert len(taken) < text.MOST_OUTPUT + 10_000
    assert len(notices) == 1
    assert "left out" in notices[0]


def test_plots_of_a_usual_size_are_kept() -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 300_000}, "metadata": {}}
    raw = dumped(notebook(code("plot()", (picture,) * 20)))
    taken, notices = text.notebook_text(raw)
    assert json.loads(taken)["cells"][0]["outputs"] == [picture] * 20
    assert notices == ()


def test_the_digest_ignores_what_decides_nothing() -> None:
    one = notebook(solution("f", "def f(): ..."), code("f()", (stream("1"),)))
    two = json.loads(dumped(one))
    two["metadata"] = {"colab": {"name": "Copy of a1"}, "widgets": {"state": 1}}
    two["cells"][0]["metadata"]["collapsed"] = True
    assert digest(json.dumps(two, indent=4).encode()) == digest(dumped(one))


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb["cells"][0].update(source="def f(): return 1"),
        lambda nb: nb["cells"][0].update(cell_type="raw"),
        lambda nb: nb["cells"][0]["metadata"]["nbgrader"].update(grade_id="g"),
        lambda nb: nb["cells"][1]["metadata"].update(tags=["experiment"]),
        lambda nb: nb["cells"][1]["outputs"][0].update(text="2"),
        lambda nb: nb["cells"][1].update(execution_count=7),
        lambda nb: nb["cells"].reverse(),
    ],
    ids=["source", "type", "grade id", "tags", "output", "count", "order"],
)
def test_the_digest_changes_with_whatever_could_decide(change: Any) -> None:
    one = notebook(solution("f", "def f(): ..."), code("f()", (stream("1"),)))
    two = json.loads(dumped(one))
    change(two)
    assert digest(dumped(two)) != digest(dumped(one))


def test_the_digest_is_the_assignments_own() -> None:
    assert digest(ordinary(), "a1") != digest(ordinary(), "a2")


MEMORY = 900_000_000  # bytes of address space, Python and the libraries of the reader included

READ_IN_LITTLE_MEMORY = """
import pathlib, resource, sys
from autograder.intake import text
from autograder.intake.submission import RejectedSubmission
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        text.notebook_text(path.read_bytes())
        print(path.name, "was taken")
    except RejectedSubmission:
        print(path.name, "was refused")
"""


def test_hostile_notebooks_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    names = [
        "200 MB",
        "100,000 cells",
        "10,000 deep list",
        "unclosed brackets",
        "40 MB in one cell",
        "15 million empty lists",
        "15 million objects in an output",
    ]
    for name in names:
        (tmp_path / name).write_bytes(samples.cannot_be_graded()[name]()[: text.MOST_BYTES + 1])
    program = READ_IN_LITTLE_MEMORY.format(memory=MEMORY)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [f"{name} was refused" for name in sorted(names)], done.stderr[-2000:]


def test_the_memory_bound_of_the_test_above_is_one() -> None:
    """The same limit stops a program that does parse fifteen million lists."""
    program = (
        f"import json, resource\nresource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))\n"
        "json.loads('[' + '[],' * 15_000_000 + '[]]')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != MEMORY  # only the child was limited


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (
            {
                "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
                "language_info": {"name": "R"},
            },
            "written in R. It was run as",
        ),
        ({"language_info": {"name": "julia"}}, "written in julia"),
        ({"kernelspec": {"name": "python3", "language": "python"}}, ""),
        ({"kernelspec": {"name": "conda-env"}, "language_info": {"name": "ipython"}}, ""),
        ({"kernelspec": 3, "language_info": {"name": 7}}, ""),
        ({}, ""),
    ],
)
def test_another_language_is_noticed(metadata: dict[str, Any], says: str) -> None:
    content = json.loads(ordinary())
    content["metadata"] = metadata
    _, notices = text.notebook_text(json.dumps(content).encode())
    assert bool(notices) == bool(says)
    assert says in " ".join(notices)
