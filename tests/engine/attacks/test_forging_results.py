"""Lines 14 to 18 and 22 to 24 of the notes: points that were not earned, by files, patches and leaving.

`naive` shows what each attack wins where the tests run in the student's process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from arena import WRONG, Arena, naive

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
