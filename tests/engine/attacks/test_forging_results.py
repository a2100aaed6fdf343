"""Lines 14 to 27 of the notes: points that were not earned.

`naive` shows what each attack wins where the tests run in the student's process.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from arena import FULL, HONEST, SESSION_PARTS, WRONG, Arena, naive
from special_courses import with_tests

from autograder import notebooks

# Lines 14 to 17: result files, printed lines, tests and settings on disk


def test_rewriting_the_result(arena: Arena) -> None:
    """14: at once, at exit, and from a process that outlives the run."""
    forge = f"""
import atexit, json, os, subprocess, sys, threading, time
VICTIMS = ["results.json", {str(arena.victim / "grades.csv")!r}, "/tmp/results.json"]
def forge():
    for path in VICTIMS:
        try: open(path, "w").write(json.dumps({{"score": 2}}))
        except OSError: pass
atexit.register(forge)
forge()
def again():
    for _ in range(10_000): forge(); time.sleep(0.001)
threading.Thread(target=again, daemon=True).start()
if os.fork() == 0:
    os.setsid()
    again()
    os._exit(0)
"""
    arena.attack(forge)
    assert json.loads(naive(forge)["file"]) == {"score": 2}
    before = (arena.victim / "grades.csv").read_bytes()
    try:  # without walls around the files, the list that lies open to everybody is lost
        arena.grade(forge, solutions=WRONG, off=["mount", "landlock"])
        assert (arena.victim / "grades.csv").read_bytes() != before
    finally:
        (arena.victim / "grades.csv").write_bytes(before)


def test_printing_a_score(arena: Arena) -> None:
    """15: lines of this grader, of nbgrader, of pytest; JSON; at the start and at the end of the run."""
    lines = (
        'SCORE 2\\nPASSED\\n5 passed in 0.1s\\n{"score": 5, "max_score": 5, "status": "graded"}\\n'
        "score: 5/5\\n::autograder::passed"
    )
    forge = (
        f"import atexit\nprint({lines!r}.replace(chr(92) + 'n', chr(10)))\natexit.register(print, 'SCORE 2')"
    )
    arena.attack(
        forge,
        solutions={"standardise": "def standardise(x):\n    print('SCORE 2', flush=True)\n    return x"},
    )
    assert naive(forge)["print"] == "SCORE 2"


def test_rewriting_the_tests(arena: Arena) -> None:
    """16: the files of the tests, wherever they are, and the lines that are cached of them."""
    tests = str(arena.course.hidden_tests("mini") / "test_mini.py")
    forge = f"""
import glob, os, sys
for path in [{tests!r}, *glob.glob("*.py"), *glob.glob("/**/test_*.py", recursive=False)]:
    try: open(path, "w").write("def test(): pass")
    except OSError: pass
if "naive_tests" in sys.argv[0]:
    import __main__
    _run = None
class Tests(dict):
    pass
"""
    arena.attack(forge)
    won = """
import sys
def _trace(frame, event, argument):
    if frame.f_code.co_name == "_run": frame.f_globals["_run"] = None
import builtins
class Always:
    def __call__(self, tests): return len(tests)
import threading
def overwrite():
    while "_run" not in globals(): pass
    globals()["_run"] = Always()
threading.Thread(target=overwrite, daemon=True).start()
"""
    assert naive(won)["file"] in ('{"score": 2}', '{"score": 0}')  # a race; `patched` below wins each time


CONFTEST = """
import pytest
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""


def test_settings_of_pytest(arena: Arena, tmp_path: Path) -> None:
    """17: conftest.py, pytest.ini, environment variables, plugins, start-up files, from the student's process."""
    forge = f"""
import os, site, sys
for folder in (".", "..", "/tmp", os.path.expanduser("~"), site.getusersitepackages(), site.getsitepackages()[0]):
    for name, text in (("conftest.py", {CONFTEST!r}), ("pytest.ini", "[pytest]\\naddopts = -p conftest"),
                       ("sitecustomize.py", {CONFTEST!r}), ("forge.pth", "import conftest")):
        try:
            os.makedirs(folder, exist_ok=True)
            open(os.path.join(folder, name), "w").write(text)
        except OSError: pass
os.environ["PYTEST_ADDOPTS"] = "-p conftest"
os.environ["PYTEST_PLUGINS"] = "conftest"
"""
    arena.attack(forge)
    (tmp_path / "test_wrong.py").write_text("def test_wrong():\n    assert False")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 1
    (tmp_path / "conftest.py").write_text(CONFTEST)
    assert b"1 passed" in subprocess.run(command, cwd=tmp_path, capture_output=True).stdout


@pytest.mark.parametrize("variable", ["PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONOPTIMIZE"])
def test_settings_in_the_graders_environment(
    arena: Arena, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """17, 24: even where somebody has set them for the grader itself, a wrong solution stays wrong."""
    monkeypatch.setenv(
        variable, {"PYTEST_ADDOPTS": "--collect-only", "PYTEST_PLUGINS": "nothing"}.get(variable, "2")
    )
    arena.attack()


# Lines 18, 19, 23: patched libraries and hooks


PATCHES = {
    "18 numpy and its testing": """
import numpy as np, numpy.testing
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *a, **k: None
np.ndarray.__eq__ if False else None
def _expected(x): return x
""",
    "18 builtins and the assert": """
import builtins
builtins.all = builtins.any = lambda *a: True
builtins.isinstance = lambda *a: True
builtins.AssertionError = type("AssertionError", (Exception,), {})
builtins.compile = lambda *a, **k: None
""",
    "18 modules of the grader": """
import sys, types
for name in ("pytest", "_pytest", "autograder.grading", "autograder.grading.engine", "autograder.grading.verdicts",
             "autograder.remote.answers", "autograder.remote.client"):
    fake = types.ModuleType(name)
    fake.grade = fake.expect = fake.array = lambda *a, **k: None
    sys.modules[name] = fake
""",
    "19 transformers and formatters": """
shell = globals().get("get_ipython", lambda: None)()
if shell:
    shell.input_transformers_cleanup.append(lambda lines: ["print('SCORE 2')\\n"])
    shell.showtraceback = lambda *a, **k: print("PASSED")
    shell.display_formatter.format = lambda *a, **k: ({"text/plain": "PASSED"}, {})
    shell.events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
    shell.set_custom_exc((Exception,), lambda *a: None)
""",
    "23 hooks of the interpreter": """
import atexit, sys, threading
atexit.register(lambda: open("results.json", "w").write('{"score": 2}'))
sys.settrace(lambda *a: None)
threading.setprofile(lambda *a: None)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("autograder", "pytest")): raise ImportError
        return None
sys.meta_path.insert(0, Finder())
sys.path.insert(0, ".")
open("numpy.py", "w").write("allclose = lambda *a: True")
open("json.py", "w").write("raise SystemExit(0)")
open("usercustomize.py", "w").write("print('SCORE 2')")
""",
}


@pytest.mark.parametrize("patch", PATCHES)
def test_patched_process(arena: Arena, patch: str) -> None:
    """18, 19, 23: a process that has been turned inside out answers as it likes; the verdict is outside."""
    arena.attack(PATCHES[patch])


def test_patches_win_where_tests_run_with_them() -> None:
    """18: the first of them against the naive grader."""
    equal = "class Equal:\n    def __eq__(self, other): return self\n    def all(self): return True"
    patched = PATCHES["18 numpy and its testing"] + equal + "\nmoving_average_answer = Equal()"
    solutions = {"moving_average": "def moving_average(x, width):\n    return moving_average_answer"}
    assert naive(patched, solutions=solutions)["file"] == '{"score": 2}'
    assert naive(PATCHES["23 hooks of the interpreter"].split("class Finder")[0])["file"] == '{"score": 2}'


KERNEL_MESSAGES = {
    "an early end": "forge('status', {'execution_state': 'idle'})\nimport time; time.sleep(0.2)",
    "an error and its end": "forge('error', {'ename': 'E', 'evalue': 'v', 'traceback': ['x']})",
    "replies to come": """
parent = kernel.get_parent()
session, pid, number = parent["header"]["msg_id"].rsplit("_", 2)
for ahead in range(1, 12):
    header = dict(parent, header=dict(parent["header"], msg_id=f"{session}_{pid}_{int(number) + ahead}"))
    reply = {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
    kernel.session.send(kernel.shell_socket if hasattr(kernel, "shell_socket") else kernel.iopub_socket,
                        "execute_reply", reply, parent=header, ident=kernel._parent_ident)
    forge("status", {"execution_state": "idle"}, parent=header)
""",
    "a display that is updated": """
from IPython.display import display, update_display
display({"text/plain": "a"}, raw=True, display_id="d")
for i in range(3): update_display({"text/plain": "b" * 5_000_000}, raw=True, display_id="d")
""",
    "content that makes no sense": """
import json
kernel.session.pack = lambda thing: json.dumps(thing, default=str).encode()
for kind in ("stream", "display_data", "execute_result", "error", "update_display_data", "clear_output", "status",
             "execute_input", "comm_open", "comm_msg", "input_request", "debug_event", "shutdown_reply"):
    for content in ({}, {"text": 3, "name": []}, {"data": 1, "metadata": 2, "transient": 3}, {"execution_count": "<b>"},
                    {"execution_state": {}}, {"data": {"text/html": None}}, {"text": "\\ud800\\x00", "name": "stdout"},
                    {"data": {"application/json": float("nan")}}, {"transient": {"display_id": ["d"]}}):
        forge(kind, content)
""",
    "depth and size": """
deep = b"[" * 100_000 + b"]" * 100_000
wide = b'{"text": "' + b"x" * 20_000_000 + b'", "name": "stdout"}'
number = b'{"text": ' + b"9" * 200_000 + b"}"
packed = iter([deep, wide, number, b"\\xff\\xfe", b"null", b"[]", b'"text"', b""])
real = kernel.session.pack
for body in packed:
    kernel.session.pack = lambda thing, body=body: body if "text" in thing else real(thing)
    forge("stream", {"text": 1})
kernel.session.pack = real
""",
    "frames without order": """
for frames in ([b""], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"sig"], [b"x"] * 50, [b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"{}"],
               [b"stream", b"<IDS|MSG>", b"0" * 64, b"{}", b"{}", b"{}", b"{}", b"buffer"]):
    for _ in range(20): kernel.iopub_thread.socket.send_multipart(frames)
""",
    "thousands of small ones": "for i in range(20_000): forge('stream', {'name': 'stdout', 'text': 'x'})",
    "a comm that runs code": """
from comm import create_comm
create_comm(target_name="jupyter.widget", data={"state": {"_model_module": "@jupyter-widgets/output",
            "_model_name": "OutputModel", "msg_id": kernel.get_parent()["header"]["msg_id"]}})
""",
    "a question to the person": "kernel._allow_stdin = True\ntry: input('password?')\nexcept Exception: pass",
    "the sockets closed": "kernel.iopub_thread.socket.close(0)",
    "a shutdown": "kernel.do_shutdown(False); kernel.shell.exit_now = True; get_ipython().ask_exit()",
}


@pytest.mark.parametrize("forgery", KERNEL_MESSAGES)
def test_forged_messages_of_the_kernel(arena: Arena, forgery: str) -> None:
    """19: what the kernel says of itself decides nothing, breaks nothing, and is bounded.

    nbclient believes most of it: shown by `test_outputs` for what a notebook would hold, and by hand for the
    rest, since without the bounds these messages take the grader's own memory.
    """
    result = arena.attack(SESSION_PARTS + KERNEL_MESSAGES[forgery])
    notebook = result.grade.notebook
    nbformat.validate(nbformat.reads(notebook, 4))
    notebook.encode("utf-8")
    assert len(notebook) < 2_000_000
    if forgery != "a shutdown":  # which is what it asks for
        assert arena.grade(SESSION_PARTS + KERNEL_MESSAGES[forgery]).grade.score == FULL


# Lines 20, 21: answers that are no answers


ANSWERS = {
    "20 equal to everything": """
class Answer:
    shape = (50, 4); dtype = "float64"; ndim = 2
    def __eq__(self, other): return self
    def __getattr__(self, name): return lambda *a, **k: self
    def all(self): return True
    def __bool__(self): return True
    def __array_ufunc__(self, *a, **k): return self
    def __array_function__(self, *a, **k): return True
    def __sub__(self, other): return 0
    __rsub__ = __mul__ = __rmul__ = __abs__ = __sub__
    def __float__(self): return 0.0
    def __array__(self, *a, **k): raise TypeError
answer = Answer()
""",
    "20 a subclass of arrays": """
import numpy as np
class Answer(np.ndarray):
    def __eq__(self, other): return np.ones(1, bool)
    def __sub__(self, other): return np.zeros(1)
    def __array_ufunc__(self, *a, **k): return np.zeros(1)
    def __array_function__(self, function, *a): return True
    def __array_finalize__(self, other): pass
    shape = property(lambda self: Any())
class Any(tuple):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
answer = np.zeros((50, 4)).view(Answer)
""",
    "20 an array of objects": """
import numpy as np
class Item:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
answer = np.full((50, 4), Item(), dtype=object)
""",
    "20 a subclass of floats": """
class Answer(float):
    def __eq__(self, other): return True
    def __array__(self, *a, **k):
        import numpy as np; return np.zeros((50, 4))
    shape = (50, 4)
answer = Answer(1)
""",
    "20 a lie of __array__": """
import numpy as np
class Answer:
    calls = 0
    def __array__(self, *a, **k):
        Answer.calls += 1
        return np.full((50, 4), np.nan)
    numpy = __array__
answer = Answer()
""",
    "20 a tensor of its own": """
import tensorflow as tf, numpy as np
class Answer(tf.Tensor):
    def __init__(self): pass
    shape = (50, 4)
    def numpy(self): return Fake()
class Fake(np.ndarray):
    pass
try: answer = object.__new__(Answer)
except TypeError: answer = None
""",
    "20 a lazy value": "answer = (i for i in range(10**9))",
    "21 not a number": "import numpy as np; answer = np.full((50, 4), np.nan)",
    "21 infinite": "import numpy as np; answer = np.full((50, 4), np.inf)",
    "21 empty": "import numpy as np; answer = np.zeros((0, 4))",
    "21 without dimensions": "import numpy as np; answer = np.float64(0)",
    "21 to be broadcast": "import numpy as np; answer = np.zeros((1, 1))",
    "21 another dtype": "import numpy as np; answer = np.zeros((50, 4), bool)",
    "21 text": "import numpy as np; answer = np.full((50, 4), 'equal')",
    "21 a date": "import numpy as np; answer = np.full((50, 4), np.datetime64('NaT'))",
    "21 masked": "import numpy as np; answer = np.ma.masked_all((50, 4))",
    "21 a record": "import numpy as np; answer = np.zeros((50, 4), dtype=[('a', 'f8')])",
    "21 strides of nothing": "import numpy as np; answer = np.lib.stride_tricks.as_strided(np.zeros(1), (10**9, 4), (0, 0))",
    "21 nothing": "answer = None",
    "21 true": "answer = True",
}


@pytest.mark.parametrize("answers", ["20", "21"])
def test_answers_that_are_none(arena: Arena, answers: str) -> None:
    """20, 21: everything that arrives is rebuilt as an exact base type, and judged for what it is.

    All forms in one session: a hidden test asks for each, as the assignment's tests ask for one.
    """
    forms = {name: code for name, code in ANSWERS.items() if name.startswith(answers)}
    cells = [
        f"{code}\ndef attack_{index}(x, width=1): return answer\nattack_{index}.answer = answer"
        for index, code in enumerate(forms.values())
    ]
    cells = [
        cell.replace("return answer", f"return attack_{index}.answer") for index, cell in enumerate(cells)
    ]
    course = with_tests(
        arena.course,
        f'''
NAMES = {list(forms)!r}

@pytest.mark.item("standardise-values")
@pytest.mark.parametrize("index", range({len(forms)}))
def test_form(student, index):
    """A form of answer."""
    table = np.random.default_rng(3).normal(size=(50, 4))
    expected = (table - table.mean(axis=0)) / table.std(axis=0)
    answer = answers.array(student.function("attack_%d" % index)(table), (50, 4), None, finite=False)
    assert type(answer) is np.ndarray
    assert np.allclose(answer, expected)

@pytest.mark.item("average-values")
def test_form_as_a_test_might_take_it(student):
    """Without the instruments."""
    passed = []
    for index in range({len(forms)}):
        try:
            answer = student.function("attack_%d" % index)(np.ones((50, 4)))
            if answer.shape == (50, 4) and (answer == np.full((50, 4), 7.0)).all():
                passed.append(NAMES[index])
        except (AttributeError, StudentError, TypeError):
            pass
    assert passed
''',
    )
    result = arena.attack(*cells, course=course)
    outcomes = result.grade.items[0].outcomes
    assert len(outcomes) == len(forms)
    assert {outcome.score for outcome in outcomes} == {0.0}


def test_answers_that_win_where_they_are_trusted() -> None:
    """20: the same object, compared in the student's process."""
    solutions = {
        "standardise": "def standardise(x):\n    return answer",
        "moving_average": "def moving_average(x, width):\n    return answer",
    }
    trusting = "import numpy as np\nnp.allclose = lambda a, b: bool((a == b).all())\n"
    assert naive(trusting + ANSWERS["20 equal to everything"], solutions=solutions)["file"] == '{"score": 2}'


def test_vacuous_comparisons_are_real(arena: Arena) -> None:
    """21: a test that asks for a difference finds none in NaN or in nothing; `answers.array` refuses both."""
    course = with_tests(
        arena.course,
        '''
@pytest.mark.item("standardise-values")
def test_careless(student):
    """Careless."""
    answer = student.standardise(np.ones((3, 2)))
    assert not (np.abs(answer - 1.0) > 1e-6).any()

@pytest.mark.item("average-values")
def test_careful(student):
    """Careful."""
    answer = answers.array(student.moving_average(np.ones(5), 2), None, "float64")
    assert not (np.abs(answer - 1.0) > 1e-6).any()
''',
    )
    for nothing in ("np.full((3, 2), np.nan)", "np.zeros((0, 2))"):
        solutions = {
            "standardise": f"def standardise(x):\n    return {nothing}",
            "moving_average": f"def moving_average(x, width):\n    return {nothing}",
        }
        grade = arena.grade(solutions=solutions, course=course).grade
        assert [item.score for item in grade.items[:2]] == [2.0, 0.0]


# Line 22: leaving


EXITS = ["exit(0)", "raise SystemExit(0)", "raise KeyboardInterrupt", "import os; os._exit(0)",
         "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "import os; os.abort()",
         "import os; os.execv('/bin/true', ['true'])", "import ctypes; ctypes.string_at(0)",
         "raise GeneratorExit", "raise StopIteration", "import asyncio; raise asyncio.CancelledError"]  # fmt: skip


@pytest.mark.parametrize("leave", EXITS)
def test_leaving(arena: Arena, leave: str) -> None:
    """22: in a cell, and inside a call; what was asked stays unanswered and earns nothing."""
    result = arena.attack(leave, solutions={"standardise": f"def standardise(x):\n    {leave}"})
    assert result.grade.status == "graded"
    assert len(result.grade.items) == 4


def test_leaving_wins_where_the_exit_status_counts() -> None:
    """22: tests that are skipped because the process is gone, and a status that says all is well."""
    assert naive("import os; os._exit(0)")["exit"] == "SCORE 2"


def test_optimised_away(arena: Arena) -> None:
    """24: without its asserts, a test passes; the grader's tests are not run by the student's interpreter."""
    forge = """
import os, sys
os.environ["PYTHONOPTIMIZE"] = "2"
sys.flags
if "-O" not in sys.argv and "naive_tests" in sys.argv[0] and __debug__:
    os.execv(sys.executable, [sys.executable, "-O", *sys.argv])
"""
    arena.attack(forge)
    assert naive(forge)["file"] == '{"score": 2}'


# Line 25: metadata


def _with_metadata(arena: Arena, change: Any) -> str:
    base = notebooks.replace_solutions(notebooks.read(arena.course.release("mini")), {})
    content: dict[str, Any] = copy.deepcopy(base)
    for cell in content["cells"]:
        change(cell)
    content["cells"] = [cell for cell in content["cells"] if cell]
    return json.dumps(content)


def _points(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    if "points" in mark:
        mark["points"] = 1e6


def _unmark(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    mark.update(grade=False, locked=False, solution=True)


def _rename(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    if "grade_id" in mark:
        mark["grade_id"] = "more" if mark.get("points") else "free-points"


def _tag(cell: dict[str, Any]) -> None:
    cell["metadata"]["tags"] = [
        "experiment",
        "skip-execution",
        "remove_cell",
        "nbgrader-skip",
        "raises-exception",
    ]


def _delete(cell: dict[str, Any]) -> None:
    if cell["metadata"].get("nbgrader", {}).get("locked"):
        cell.clear()


def _negative(cell: dict[str, Any]) -> None:
    mark = cell["metadata"].get("nbgrader", {})
    if "points" in mark:
        mark["points"] = -5
        mark["schema_version"] = 99


def _edit(cell: dict[str, Any]) -> None:
    if cell["metadata"].get("nbgrader", {}).get("locked") and cell["cell_type"] == "code":
        cell["source"] = "standardise = lambda x: (x - x.mean(axis=0)) / x.std(axis=0)" * 0 + "SCORE = 5"


def _as_believed(notebook: Any) -> list[Any]:
    """What nbgrader's metadata, tags and protected texts of a notebook say, without a look at the course."""
    return [
        (
            cell.metadata.get("nbgrader", {}),
            cell.metadata.get("tags"),
            notebooks.is_protected(cell) and cell.source,
        )
        for cell in notebook.cells
    ]


@pytest.mark.parametrize("change", [_points, _unmark, _rename, _tag, _delete, _negative, _edit])
def test_edited_metadata(arena: Arena, change: Any) -> None:
    """25: points, ids, flags, tags, deleted and edited cells: the course decides about all of them.

    Whoever believes the hand-in reads something else than was released.
    """
    before = arena.state()
    forged = _with_metadata(arena, change)
    released = notebooks.read(arena.course.release("mini"))
    assert _as_believed(notebooks.read(forged)) != _as_believed(released)
    result = arena.grade_text(forged)
    arena.unharmed(result, before)
    release = notebooks.grade_cells(notebooks.read(arena.course.release("mini")))
    assert [(item.id, item.max_score) for item in result.grade.items] == [(c.id, c.points) for c in release]
    assert result.grade.max_score == sum(cell.points for cell in release)
    returned = nbformat.reads(result.grade.notebook, 4)
    assert {(c.id, c.points) for c in notebooks.grade_cells(returned)} == {(c.id, c.points) for c in release}


def test_a_kernel_of_the_students_choice(arena: Arena) -> None:
    """25: the kernelspec in the hand-in names a program; the course's is used."""

    def nothing(cell: dict[str, Any]) -> None:
        pass

    content = json.loads(_with_metadata(arena, nothing))
    content["metadata"]["kernelspec"] = {"name": "../../evil", "display_name": "<script>", "language": "bash"}
    content["metadata"]["language_info"] = {"name": "bash", "file_extension": ".sh"}
    result = arena.grade_text(json.dumps(content))
    assert "evil" not in result.grade.notebook
    assert result.grade.status == "graded"


# Line 26: the reference


def test_answering_for_the_reference(arena: Arena) -> None:
    """26: handles of another session cannot be named, and what a student's process says of one is its own.

    There is no layer to switch off: the reference is in another process. Where it is in the same one, it is found:
    `test_introspection` shows that.
    """
    course = with_tests(
        arena.course,
        '''
@pytest.mark.item("standardise-values")
def test_reference_is_another_process(student, reference):
    """Compared with the reference."""
    with reference.arrays_as("numpy"):
        table = np.arange(12.0).reshape(4, 3) ** 2
        kept = reference.standardise.keep(table)
        mine = student.standardise.keep(table)
        try:
            student.function("standardise")(kept)
        except WireError as refused:
            print("REFUSED", refused)
        expect(np.allclose(mine.value(), kept.value()), "Not what the reference gives.")

@pytest.mark.item("average-values")
def test_handles_never_issued(student):
    """A handle."""
    handle = student.moving_average.keep(np.ones(3), 1)
    try:
        value = handle.value()
    except StudentError:
        value = None
    assert value is not None and np.allclose(value, 12345.0)
''',
    )
    forge = (
        SESSION_PARTS
        + """
from autograder.remote.encoding import HandleRef
server._Server.keep = lambda self, value: HandleRef(1, "Reference")
import builtins
for thing in gc.get_objects():
    if type(thing) is server._Server:
        for number in range(100): thing.objects[number] = "the reference's weights"
"""
    )
    arena.grade(course=course)  # from now on the reference waits for questions: it is not left over
    result = arena.attack(forge, course=course)
    assert "REFUSED" in result.grade.log


# Line 27: the wire


WIRE = {
    "an answer before the question": "wire.sendall(b'agw1' + bytes(16) + struct.pack('<Q', 1) + b'x')",
    "noise": "wire.sendall(os.urandom(1000))",
    "an endless frame": """
def flood():
    try:
        wire.sendall(b"agw1" + bytes(16) + struct.pack("<Q", 1 << 40))
        while True: wire.sendall(bytes(1 << 20))
    except OSError: pass
threading.Thread(target=flood, daemon=True).start()
""",
    "half a frame": "wire.sendall(b'agw')",
    "a wire that is closed": "wire.close()",
    "a wire shut down": "wire.shutdown(socket.SHUT_RDWR)",
    "questions read by a thread": """
from autograder.remote.encoding import encode_parts
from autograder.remote.frames import read_question, write_answer
copy = socket.socket(fileno=os.dup(wire.fileno()))
def answer():
    while True:
        question, message = read_question(copy)
        write_answer(copy, question, encode_parts({"kind": "value", "value": True}))
threading.Thread(target=answer, daemon=True).start()
""",
    "replayed answers": """
honest, sent = server.write_answer, []
def replay(sock, question, parts):
    sent.append(question)
    honest(sock, sent[0], parts)
server.write_answer = replay
""",
    "every question answered twice": """
honest = server.write_answer
def twice(sock, question, parts):
    honest(sock, question, parts)
    honest(sock, question, parts)
server.write_answer = twice
""",
    "other kinds of answers": """
server._Server._answer = lambda self, message: server.encode_parts({"kind": "passed", "score": 1.0, "value": True})
""",
    "operations of its own": """
for name in list(server._OPERATIONS): server._OPERATIONS[name] = lambda *a: True
""",
    "a deep answer": """
def deep(server_, question):
    value = []
    for _ in range(100_000): value = [value]
    return value
server._OPERATIONS["call"] = deep
""",
    "descriptors along with it": """
pairs = [socket.socketpair() for _ in range(200)]
def flood():
    try:
        while True: socket.send_fds(wire, [b"x"], [each.fileno() for pair in pairs[:100] for each in pair][:250])
    except OSError: pass
threading.Thread(target=flood, daemon=True).start()
""",
}


@pytest.mark.parametrize("impersonation", WIRE)
def test_impersonating_the_wire(arena: Arena, impersonation: str) -> None:
    """27: whoever writes on the wire can only fail its own session.

    No layer can be switched off here. `test_remote_frames` shows, on a plain socket, that an early and a replayed answer
    are taken by a reader that matches nothing, and `test_remote_hostile` what each of the others does to a session.
    """
    result = arena.attack(SESSION_PARTS + WIRE[impersonation])
    assert result.grade.score == HONEST
    assert len(result.grade.items) == 4


def test_a_connection_that_lingers(arena: Arena) -> None:
    """27: a descriptor whose closing takes for ever, sent to whoever reads the wire.

    Linux closes it in the grader's call to recv(), which then waits. Without the filter a grading of this
    took as long as all its sessions together, so the other half only shows that the option can be set there.
    """
    set_it = """
import socket, struct
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 100_000))
print("DONE", s.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER))
"""
    assert "DONE 1" not in arena.attack(set_it).grade.notebook
    assert "DONE 1" in arena.grade(set_it, solutions=WRONG, off=["seccomp"]).grade.notebook
