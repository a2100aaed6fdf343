"""A notebook runs in a sandbox as it would elsewhere, from any Jupyter client."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from sandboxing import limits, needs_full_isolation, run, run_cell, sandbox

from autograder.data import keras_cache
from autograder.remote.client import Student
from autograder.remote.connection import Connection
from autograder.sandbox import SandboxError, SandboxSpec, WarmParent, install_kernelspecs, shared_parent


@pytest.fixture(autouse=True, scope="module")
def _isolation() -> None:
    needs_full_isolation()


def test_tensorflow_trains_in_a_sandbox() -> None:
    ran = run(
        "import numpy as np, tensorflow as tf\n"
        "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "history = model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0)",
        "len(history.history['loss'])",
    )
    assert (ran.texts[1], ran.error, ran.why) == ("2", "", None)
    assert 0 < ran.usage.cpu_s < 60
    assert ran.usage.processes == 1


def test_two_runs_see_the_same_random_numbers() -> None:
    code = (
        "import random, numpy as np, tensorflow as tf\n"
        "print(random.random(), np.random.rand(), float(tf.random.normal([])), hash('a'))\n"
        "print(tf.keras.layers.Dense(1, kernel_initializer='glorot_uniform')(np.ones((1, 2))).numpy())"
    )
    assert run(code).text == run(code).text


def test_the_kernel_answers_calls_on_the_wire() -> None:
    with sandbox() as (client, provisioner):
        run_cell(client, "def double(x): return 2 * x")
        assert provisioner.wire is not None
        student = Student(Connection(provisioner.wire, provisioner.process))
        assert student.double(21) == 42
        assert 0 <= student.last_call.cpu_s < 5


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "imdb"])
def test_handed_out_data_loads_through_keras(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
    monkeypatch.setenv("AUTOGRADER_OFFLINE", "1")
    handed_out = ((keras_cache([name]), "~/.keras/datasets"),)
    ran = run(
        f"import keras, tensorflow as tf\nassert keras.datasets.{name} is not None\n"
        f"(x, y), (u, v) = tf.keras.datasets.{name}.load_data()",
        "len(x) == len(y) > 0 and len(u) == len(v) > 0",
        "open('/home/student/.keras/datasets/new', 'w')",
        spec=SandboxSpec(limits=limits(), hand_out=handed_out),
    )
    assert ran.texts[1] == "True"
    assert "Read-only" in ran.error or "Permission" in ran.error


def test_interrupt_stops_a_cell_and_the_kernel_goes_on() -> None:
    with sandbox() as (client, provisioner):
        ran = run_cell(client, "x = 1")
        assert ran == ""
        client.allow_errors = True
        client.interrupt_on_timeout = True
        client.timeout = 1
        assert "KeyboardInterrupt" in run_cell(client, "while True: pass")
        assert run_cell(client, "x") == "1"
        assert provisioner.why_it_ended is None


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import os; os._exit(0)", "it ended itself with exit code 0"),
        ("import os; os._exit(7)", "it ended itself with exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it was ended by signal SIGKILL"),
    ],
)
def test_a_kernel_that_ends_itself_is_reported(code: str, why: str) -> None:
    ran = run(code)
    assert ran.error == "DeadKernelError"
    assert ran.why == why
    assert not ran.lost


def test_a_restart_is_a_new_sandbox() -> None:
    with sandbox() as (client, provisioner):
        run_cell(client, "open('left', 'w').write('x'); secret = 1")
        first = provisioner.wire
        run_sync(client.km.restart_kernel)()
        client.start_new_kernel_client()
        assert run_cell(client, "import os; print(os.listdir('.'), 'secret' in dir())") == "[] False\n"
        assert provisioner.wire is not first


def test_the_kernelspec_serves_any_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = install_kernelspecs(tmp_path)
    assert [folder.name for folder in folders] == ["autograder-tensorflow", "autograder-torch"]
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os; os.getcwd()")])
    NotebookClient(notebook, kernel_name="autograder-tensorflow", timeout=60).execute()
    assert notebook.cells[0].outputs[0]["data"]["text/plain"] == "'/home/student/work'"


def test_a_dead_warm_parent_is_replaced() -> None:
    with WarmParent("none") as warm:
        warm.layers  # noqa: B018 - waits until it is up
        assert warm._process is not None
        os.kill(warm._process.pid, signal.SIGKILL)
        warm._process.wait()
        assert not any(reason for name, reason in warm.layers.items() if name != "cgroup")


def test_nothing_of_a_closed_warm_parent_stays() -> None:
    warm = WarmParent("none")
    prefix = Path(warm.session_prefix())
    assert prefix.parent.is_dir()
    warm.close()
    assert not prefix.parent.exists()


def test_nothing_stays_when_the_grader_is_killed() -> None:
    """The grader runs in a process of its own; its sandbox's process and folder are gone after SIGKILL."""
    code = (
        "import sys, time; sys.path.insert(0, 'tests/engine')\n"
        "from sandboxing import sandbox, run_cell\n"
        "from autograder.sandbox import shared_parent\n"
        "with sandbox() as (client, provisioner):\n"
        "    run_cell(client, '1')\n"
        "    handle = provisioner._session.fileno()\n"
        "    pid = open(f'/proc/self/fdinfo/{handle}').read().split('Pid:')[1].split()[0]\n"
        "    print(provisioner._prefix, pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    root = Path(__file__).parents[2]
    grader = subprocess.Popen(["python", "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    assert grader.stdout is not None
    prefix, pid = grader.stdout.readline().split()
    handle = os.pidfd_open(int(pid))
    assert Path(prefix).parent.is_dir()
    grader.kill()
    grader.wait()
    assert _wait(lambda: not Path(prefix).parent.exists())
    assert select.select([handle], [], [], 10) == ([handle], [], [])
    os.close(handle)


def test_a_profile_that_does_not_import_says_why() -> None:
    with pytest.raises(SandboxError, match="KeyError"):
        WarmParent("nonsense").layers  # noqa: B018


def test_what_is_handed_out_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="does not exist"):
        SandboxSpec(hand_out=((tmp_path / "nothing", "data"),))


def test_a_message_that_is_too_large_does_not_reach_the_grader() -> None:
    ran = run("from IPython.display import display\nprint('x' * 50_000_000)", timeout=5)
    assert len(ran.text) < 40_000_000


def _wait(condition: object, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_limits_travel_with_the_specification() -> None:
    spec = SandboxSpec(limits=limits(threads=1))
    assert run("import os; os.environ['OMP_NUM_THREADS']", spec=spec).text == "'1'"
    assert shared_parent("tensorflow") is shared_parent("tensorflow")


def test_the_number_of_threads_reaches_tensorflow() -> None:
    count = (
        "import os, tensorflow as tf\ntf.linalg.matmul([[1.0]], [[1.0]])\nlen(os.listdir('/proc/self/task'))"
    )
    few, many = (int(run(count, spec=SandboxSpec(limits=limits(threads=n))).text) for n in (1, 12))
    assert many >= few + 11


def test_a_fork_of_the_grader_leaves_its_warm_parent_alone() -> None:
    with WarmParent("none") as warm:
        warm.layers  # noqa: B018 - waits until it is up
        child = os.fork()
        if child == 0:
            warm.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert warm._process is not None
        assert warm._process.poll() is None
        assert Path(warm.session_prefix()).parent.is_dir()


def test_what_a_killed_grader_left_is_removed_a_day_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    old, new = tmp_path / f"autograder-{ended.pid}-old", tmp_path / f"autograder-{ended.pid}-new"
    alive = tmp_path / f"autograder-{os.getpid()}-old"
    for folder in (old, new, alive):
        folder.mkdir()
    for folder in (old, alive):
        os.utime(folder, (0, 0))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with WarmParent("none") as warm:
        warm.start()
    assert [folder.exists() for folder in (old, new, alive)] == [False, True, True]


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary grader's sessions read what the grader reads")
def test_a_folder_that_only_root_can_read_is_not_handed_out_silently(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    spec = SandboxSpec(limits=limits(), hand_out=((tmp_path, "data"),))
    with pytest.raises(SandboxError, match=r"only its owner can read it: chmod -R o\+rX"):
        run("1", spec=spec)
