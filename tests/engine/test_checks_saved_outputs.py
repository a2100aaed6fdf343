import base64
import io

import pytest
from PIL import Image

from autograder.checks.saved_outputs import inspect_notebook, without_checks


def png():
    buffer = io.BytesIO()
    Image.effect_noise((40, 30), 50).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def markdown(text, grade_id=None):
    nbgrader = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "markdown", "source": text, "metadata": nbgrader}


def code(text, count=None, *outputs):
    return {
        "cell_type": "code",
        "source": text,
        "execution_count": count,
        "outputs": list(outputs),
        "metadata": {},
    }


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def image(data=None):
    return {"output_type": "display_data", "data": {"image/png": data or png()}}


RELEASE = {
    "cells": [
        markdown("# Assignment\nAnswer the questions."),
        markdown("Group members: *(write your names here)*", "names"),
        code("def train(): ...", None),
        markdown("## Results\nDescribe your results."),
    ]
}


def good():
    return {
        "cells": [
            markdown("# Assignment\nAnswer the questions."),
            markdown("Group members: Ada Lovelace, Grace Hopper", "names"),
            code("def train(): ...", 1),
            code("train()", 2, stream("epoch 1 loss 0.431 accuracy 0.912\nepoch 2 loss 0.3 accuracy 0.94\n")),
            markdown("The accuracy still rises after the second epoch, so we trained for longer."),
            code("plot()", 3, image()),
            code("# only a comment"),
        ]
    }


ALL = ("outputs", "plots", "metrics", "errors", "order", "text", "members")


def test_a_complete_notebook_has_no_problem():
    report = inspect_notebook(good(), RELEASE, required=ALL)
    assert report.ok, report.sentence
    assert report.members == ("Ada Lovelace", "Grace Hopper")
    assert report.plots == 1
    assert {(m.word, m.value) for m in report.metrics} >= {("loss", 0.431), ("loss", 0.3)}
    assert (report.code_cells, report.shown, report.described) == (3, 2, 2)
    assert report.from_fresh_start
    assert report.not_run == ()


def test_the_release_itself_is_not_a_hand_in():
    report = inspect_notebook(RELEASE, RELEASE, required=ALL)
    assert not report.ok
    assert {part for part, _ in report.problems} == {"outputs", "plots", "metrics", "members"}


def test_errors_are_named():
    notebook = good()
    notebook["cells"][3]["outputs"].append({"output_type": "error", "ename": "ValueError", "traceback": []})
    report = inspect_notebook(notebook, RELEASE)
    assert not report.ok
    assert report.errors == ((4, "ValueError"),)
    assert "cell 4" in report.sentence
    assert "ValueError" in report.sentence


def test_order_of_execution():
    notebook = good()
    notebook["cells"][3]["execution_count"] = 9
    notebook["cells"][5]["execution_count"] = 4
    report = inspect_notebook(notebook, RELEASE)
    assert report.ok  # order is reported, and required only where the caller says so
    assert report.out_of_order == (6,)
    assert not inspect_notebook(notebook, RELEASE, required=["order"]).ok
    notebook["cells"][5]["execution_count"] = 14
    report = inspect_notebook(notebook, RELEASE, required=["order"])
    assert report.ok
    assert not report.from_fresh_start
    notebook["cells"][2]["execution_count"] = None
    assert inspect_notebook(notebook, RELEASE).not_run == (3,)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Group members: Ada Lovelace, Grace Hopper", ("Ada Lovelace", "Grace Hopper")),
        ("Group members: *Ada Lovelace and Jürgen Ö. Groß*", ("Ada Lovelace", "Jürgen Ö Groß")),
        ("## Group members\n- Ada Lovelace (12345)\n- 李明", ("Ada Lovelace", "李明")),
        ("Names: Jean-Luc O'Neill", ("Jean-Luc O'Neill",)),
        ("Ada Lovelace", ("Ada Lovelace",)),
        ("Team: Li", ("Li",)),
        ("Group members: *(write your names here)*", ()),
        ("Group members: write your   names here", ()),
        ("Group members:", ()),
        ("Group members: 1, 2, 3", ()),
        ("Group members: TODO", ()),
        ("## Group members", ()),
        ("", ()),
    ],
)
def test_members(text, names):
    notebook = good()
    notebook["cells"][1] = markdown(text, "names")
    assert inspect_notebook(notebook, RELEASE).members == names


def test_members_without_a_marked_cell_and_in_nbgraders_own_form():
    notebook = good()
    notebook["cells"][1] = markdown("**Group members:** Ada Lovelace")
    assert inspect_notebook(notebook).members == ("Ada Lovelace",)
    notebook["cells"][1] = code('NAME = "Ada Lovelace"\nCOLLABORATORS = "Grace Hopper"', 1)
    assert inspect_notebook(notebook).members == ("Ada Lovelace", "Grace Hopper")
    notebook["cells"][1] = code('NAME = ""\nCOLLABORATORS = ""', 1)
    assert inspect_notebook(notebook).members == ()
    notebook["cells"].append(markdown("Group members: Ada Lovelace"))
    assert inspect_notebook(notebook).members == ("Ada Lovelace",) or len(notebook["cells"]) > 8


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("accuracy: 0.9432", True),
        ("Test acc = 94.3 %", True),
        ("94.31% accuracy", True),
        ("{'val_loss': 0.31, 'val_acc': 1}", True),
        ("\x1b[1m313/313\x1b[0m 1s 2ms/step - accuracy: 0.9432 - loss: 1.2e-2\x08\x08", True),
        ("   accuracy  loss\n0    0.94   0.2\n", True),
        ("loss tf.Tensor(0.31, shape=(), dtype=float32)", True),
        ("Genauigkeit 0.94", True),
        ("training finished", False),
        ("the accuracy is good", False),
        ("0.9432", False),
        ("accordion 0.3", False),
        ("", False),
    ],
)
def test_printed_metrics(text, found):
    notebook = {"cells": [code("run()", 1, stream(text))]}
    assert bool(inspect_notebook(notebook).metrics) is found


def test_warnings_on_stderr_are_no_results():
    notebook = {"cells": [code("run()", 1, stream("loss scaling 0.5 is deprecated", "stderr"))]}
    assert inspect_notebook(notebook).metrics == ()


@pytest.mark.parametrize(
    ("data", "count"),
    [
        ({"image/png": png()}, 1),
        ({"image/png": [png()[:40], png()[40:]]}, 1),
        ({"image/svg+xml": "<svg xmlns=''></svg>"}, 1),
        ({"application/vnd.plotly.v1+json": {}}, 1),
        ({"text/html": "<img src='data:image/png;base64,iVBO'>"}, 1),
        ({"image/png": "not base64 at all!"}, 0),
        ({"image/png": base64.b64encode(b"hello" * 50).decode()}, 0),
        ({"image/png": 17}, 0),
        ({"text/plain": "<Figure size 640x480 with 1 Axes>"}, 0),
    ],
)
def test_plots(data, count):
    notebook = {"cells": [code("plot()", 1, {"output_type": "display_data", "data": data})]}
    assert inspect_notebook(notebook).plots == count


def test_text_beside_results_must_be_the_students():
    notebook = good()
    notebook["cells"][4] = markdown("## Results\nDescribe your results.")
    report = inspect_notebook(notebook, RELEASE, required=["text"])
    assert not report.ok
    assert report.described == 0


@pytest.mark.parametrize(
    "notebook",
    [
        None,
        17,
        [],
        {},
        {"cells": None},
        {"cells": [None, 3, "x", [], {}]},
        {"cells": [{"cell_type": "code", "source": {"a": 1}, "outputs": {}, "metadata": []}]},
        {
            "cells": [
                {"cell_type": "code", "source": "x", "outputs": [None, {"data": 3}, {"output_type": "error"}]}
            ]
        },
        {
            "cells": [
                {"cell_type": "code", "source": "x", "execution_count": True, "outputs": [stream([1, "a"])]}
            ]
        },
        {
            "cells": [
                {"cell_type": "markdown", "source": "Names: " + "a" * 500_000, "metadata": {"tags": [[], 1]}}
            ]
        },
        {"cells": [code("x", 1, stream("loss " * 100_000))]},
        {"cells": [code("x", 1, stream("1" * 400_000 + "loss"))]},
        {"cells": [code("x", 1, stream("accuracy " + "9" * 100_000 + ".1"))]},
        {"cells": [code("x", -5), code("x", "3"), code("x", 10**400)]},
        {"cells": [code("NAME = '" + "\\" * 100_000, 1)]},
    ],
)
def test_damaged_and_hostile_notebooks_never_raise(notebook):
    report = inspect_notebook(notebook, notebook, required=ALL)
    assert not report.ok
    assert report.sentence


def test_what_public_checks_print_can_be_left_out():
    check = code("assert True", 1, stream("accuracy: 0.9"))
    check["metadata"] = {"nbgrader": {"grade": True, "grade_id": "learns"}}
    own = code("print(1)", 2, stream("loss: 1.5"))
    notebook = {"cells": [check, own]}
    seen = inspect_notebook(without_checks(notebook))
    assert [metric.value for metric in seen.metrics] == [1.5]
    assert check["outputs"], "the notebook itself stays as it is"
    for damaged in (None, {"cells": [3, {"cell_type": "code", "metadata": 7}]}):
        assert without_checks(damaged) == damaged
