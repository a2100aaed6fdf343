"""Courses and hand-ins for the tests of intake, built by code: ordinary, odd and hostile ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.course import Course

ROSTER = """id,first_name,last_name,email,lms_user_id,group
anna,Anna,Müller,anna@example.org,1001,g1
bert,Bert,Øster-Strauß,bert@example.org,1002,g1
chen,Wei,Chen,wei.chen@example.org,1003,
max1,Max,Paul,max1@example.org,1004,
max2,Max,Paul,max2@example.org,1005,
paul,Paul,Max,paul.max@example.org,1006,
nameless,,,,1007,
"""


def make_course(folder: Path, roster: str | None = ROSTER, more: str = "") -> Course:
    """A course with the assignments `a1` and `a2`, two to a group, in Berlin."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "id: dl\ntitle: Deep Learning\nterm: 2026w\ntimezone: Europe/Berlin\ngroups: {max_size: 2}\n"
    if roster is not None:
        (folder / "roster.csv").write_text(roster, encoding="utf-8")
        text += "roster: roster.csv\n"
    text += f"assignments: {{a1: {{title: One}}, a2: {{title: Two}}}}\n{more}"
    (folder / "course.yaml").write_text(text, encoding="utf-8")
    return Course.load(folder)


def code(source: Any, outputs: Any = (), **metadata: Any) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": metadata,
        "outputs": list(outputs) if isinstance(outputs, tuple) else outputs,
        "source": source,
    }


def text(source: Any, **metadata: Any) -> dict[str, Any]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def solution(grade_id: str, source: str) -> dict[str, Any]:
    """A solution cell as nbgrader marks it."""
    marks = {"grade": False, "grade_id": grade_id, "locked": False, "schema_version": 3, "solution": True}
    return code(source, nbgrader={**marks, "task": False})


def stream(printed: Any) -> dict[str, Any]:
    """What a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": printed}


def notebook(*cells: Any, **changes: Any) -> dict[str, Any]:
    """A notebook of these cells."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": list(cells),
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
        **changes,
    }


def dumped(content: Any) -> bytes:
    """JSON in UTF-8, as Jupyter writes it."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def ordinary(answer: str = "return x + 1") -> bytes:
    """A hand-in that nobody could object to."""
    return dumped(
        notebook(
            text("# Übung 1\nAnna Müller"),
            solution("increment", f"def increment(x):\n    {answer}\n"),
            code("print(increment(1))", (stream("2\n"),)),
        )
    )


def hand_in(course: Course, student: str, content: bytes | None, name: str = "a1.ipynb") -> Path:
    """Put a file into submitted/<student>/a1/ and return its folder."""
    folder = course.submitted / student / "a1"
    folder.mkdir(parents=True, exist_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)
    return folder


def odd_but_gradable() -> dict[str, bytes]:
    """Hand-ins that look strange and have to be taken."""
    base = notebook(text("# Grüße"), code("x = 'Übung'\nprint(x)\n", (stream("Übung\n"),)))
    colab = copy.deepcopy(base)
    colab["metadata"] |= {
        "accelerator": "GPU",
        "colab": {"provenance": [], "toc_visible": True},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"abc": {"state": {"value": 3.0}}}},
    }
    colab["nbformat_minor"] = 0
    colab["cells"].append(
        code(
            '#@title Settings { run: "auto" }\nrate = 0.1 #@param {type:"number"}',
            (
                {
                    "output_type": "display_data",
                    "data": {
                        "application/vnd.jupyter.widget-view+json": {"model_id": "abc"},
                        "text/plain": ["x"],
                    },
                    "metadata": {},
                },
            ),
            cellView="form",
            colab={"base_uri": "https://localhost:8080/", "height": 34},
            id="Zx81_colab",
            outputId="51f0-22",
        )
    )
    vscode = copy.deepcopy(base)
    vscode["metadata"]["vscode"] = {"interpreter": {"hash": "31f2"}}
    vscode["cells"][1]["metadata"]["vscode"] = {"languageId": "python"}
    failing = copy.deepcopy(base)
    failing["cells"].append(
        code(
            "1 / 0",
            (
                {
                    "output_type": "error",
                    "ename": "ZeroDivisionError",
                    "evalue": "division by zero",
                    "traceback": ["\x1b[31mZeroDivisionError\x1b[0m: division by zero"],
                },
            ),
        )
    )
    version_3 = {
        "metadata": {"name": "old"},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {"cell_type": "heading", "level": 1, "metadata": {}, "source": "Old"},
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "input": "print 1",
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                        "prompt_number": 1,
                    },
                ],
            }
        ],
    }
    session = "import tensorflow as tf\nwith tf.Session() as s:\n    print(s.run(tf.constant(1)))\n"
    torch = "import torch\nmodel = torch.nn.Sequential(torch.nn.Linear(784, 10))\n"
    plain = dumped(base)
    return {
        "knows nothing of the interface": dumped(notebook(code("import numpy as np\nprint(np.pi)"))),
        "TensorFlow 1": dumped(notebook(code(session))),
        "PyTorch": dumped(notebook(code(torch))),
        "full of errors": dumped(failing),
        "no cells": dumped(notebook()),
        "Colab": dumped(colab),
        "VS Code": dumped(vscode),
        "nbformat 3": dumped(version_3),
        "Windows line ends": plain.replace(b"\n", b"\r\n"),
        "byte order mark": b"\xef\xbb\xbf" + plain,
        "UTF-16": plain.decode().encode("utf-16"),
        "Latin-1": plain.decode().encode("latin-1"),
        "sources as lists": dumped(notebook(code(["a = 1\n", "b = 2"], (stream(["1\n", "2\n"]),)))),
        "no metadata": dumped({"cells": [code("1")], "nbformat": 4, "nbformat_minor": 2}),
        "escaped NUL": dumped(notebook(code("a = 1\0"))),
        "lone surrogate": dumped(notebook(code("a = 1"))).replace(b"a = 1", b"a = '\\ud800'"),
        "huge integer": dumped(notebook(code("1"), metadata={"n": 10**300})),
        "NaN in a plot": dumped(
            notebook(
                code(
                    "plot()",
                    (
                        {
                            "output_type": "display_data",
                            "data": {"application/vnd.plotly.v1+json": {"y": [float("nan"), 1.0]}},
                            "metadata": {},
                        },
                    ),
                )
            )
        ),
    }


def cannot_be_graded() -> dict[str, Callable[[], bytes]]:
    """Files that are no notebook, or too much of one. Built on demand: some are large."""
    deep = 10_000
    return {
        "empty": lambda: b"",
        "only spaces": lambda: b"  \n\n",
        "only NUL bytes": lambda: b"\0" * 4096,
        "PDF": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        "zip": lambda: b"PK\x03\x04" + b"\0" * 100,
        "web page": lambda: b"<!DOCTYPE html><html><body>Sign in</body></html>",
        "weights": lambda: b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
        "Python": lambda: b"import numpy as np\nprint(1)\n",
        "noise": lambda: bytes(range(256)) * 20,
        "cut off": lambda: ordinary()[:-40],
        "raw NUL inside": lambda: ordinary().replace(b"increment", b"incr\0ment"),
        "JSON, a list": lambda: b"[1, 2, 3]",
        "JSON, a number": lambda: b"7",
        "JSON, another thing": lambda: b'{"dependencies": {"left-pad": "1.0"}}',
        "two documents": lambda: ordinary() + ordinary(),
        "format 2": lambda: dumped(notebook(code("1"), nbformat=2)),
        "format 99": lambda: dumped(notebook(code("1"), nbformat=99)),
        "format as text": lambda: dumped(notebook(code("1"), nbformat="4")),
        "cells are a dict": lambda: dumped(notebook(cells={"0": code("1")})),
        "cells are text": lambda: dumped(notebook(cells="print(1)")),
        "a cell is a list": lambda: dumped(notebook([1, 2])),
        "a cell is null": lambda: dumped(notebook(None)),
        "a source is a number": lambda: dumped(notebook(code(7))),
        "a source is a dict": lambda: dumped(notebook(code({"a": 1}))),
        "unknown cell type": lambda: dumped(notebook({"cell_type": "evil", "metadata": {}, "source": ""})),
        "100,000 cells": lambda: dumped(notebook(*[code("1")] * 100_000)),
        "10,000 deep list": lambda: b'{"cells": [], "metadata": ' + b"[" * deep + b"]" * deep + b"}",
        "10,000 deep dict": lambda: b'{"a":' * deep + b"1" + b"}" * deep,
        "unclosed brackets": lambda: b"[" * 5_000_000,
        "a number of a million digits": lambda: b'{"nbformat": ' + b"9" * 1_000_000 + b"}",
        "40 MB in one cell": lambda: dumped(notebook(code("a" * 40_000_000))),
        "15 million empty lists": lambda: b'{"nbformat": 4, "cells": [' + b"[]," * 15_000_000 + b"[]]}",
        "15 million objects in an output": lambda: (
            b'{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "", "outputs": ['
            b'{"output_type": "display_data", "data": {"application/json": ['
            + b"{}," * 15_000_000
            + b"{}]}}]}]}"
        ),
        "200 MB": lambda: b'{"cells": ["' + b"a" * 200_000_000 + b'"]}',
    }
