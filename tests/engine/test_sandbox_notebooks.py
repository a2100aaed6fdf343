"""What ordinary notebooks do works behind the walls."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandboxing import limits, needs_full_isolation, run

from autograder.sandbox import SandboxSpec

ORDINARY = {
    "a shell command": ("!ls /usr > /dev/null && echo fine", "fine"),
    "timeit": ("%timeit -n1 -r1 sum(range(10))", "per loop"),
    "matplotlib inline": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('a'); plt.show(); print('shown')",
        "<Figure size",
    ),
    "tf.data in parallel": (
        "import tensorflow as tf\n"
        "numbers = tf.data.Dataset.range(8).map(lambda x: x + 1, num_parallel_calls=tf.data.AUTOTUNE)\n"
        "print(sum(int(x) for x in numbers.batch(2).prefetch(2).unbatch()))",
        "36",
    ),
    "from_generator": (
        "import tensorflow as tf\n"
        "def count():\n    yield from range(4)\n"
        "data = tf.data.Dataset.from_generator(count, output_signature=tf.TensorSpec([], tf.int32))\n"
        "print([int(x) for x in data])",
        "[0, 1, 2, 3]",
    ),
    "TensorBoard summaries": (
        "import tensorflow as tf, os\n"
        "with tf.summary.create_file_writer('logs').as_default(): tf.summary.scalar('loss', 1, step=1)\n"
        "print(len(os.listdir('logs')))",
        "1",
    ),
    "saving and loading a model": (
        "import tensorflow as tf, numpy as np\n"
        "model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])\n"
        "model.save('m.keras'); print(tf.keras.models.load_model('m.keras').count_params())",
        "3",
    ),
    "tempfile": (
        "import tempfile\nwith tempfile.TemporaryDirectory() as d: print(open(d + '/a', 'w').write('x'))",
        "1",
    ),
    "multiprocessing, forked": (
        "import multiprocessing as mp\n"
        "with mp.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))",
        "[1, 2]",
    ),
    "multiprocessing, spawned": (
        "import multiprocessing as mp\n"
        "with mp.get_context('spawn').Pool(1) as pool: print(pool.map(abs, [-1, -2]))",
        "[1, 2]",
    ),
    "a multiprocessing manager": (
        "import multiprocessing as mp\nwith mp.Manager() as manager: print(len(manager.list([1, 2])))",
        "2",
    ),
    "shared memory": (
        "from multiprocessing.shared_memory import SharedMemory\n"
        "m = SharedMemory(create=True, size=8); m.buf[0] = 7; print(m.buf[0]); m.close(); m.unlink()",
        "7",
    ),
    "output of a forked child": (
        "import os, sys\npid = os.fork()\n"
        "if pid == 0:\n    print('from the child', flush=True); os._exit(0)\n"
        "os.waitpid(pid, 0); import time\nfor _ in range(50): time.sleep(0.02)",
        "from the child",
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as pool: print(list(pool.map(abs, [-1])))",
        "[1]",
    ),
    "scikit-learn with workers": (
        "from sklearn.model_selection import cross_val_score\n"
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.datasets import load_iris\n"
        "x, y = load_iris(return_X_y=True)\n"
        "print(cross_val_score(LogisticRegression(max_iter=500), x, y, n_jobs=2).mean() > 0.9)",
        "True",
    ),
    "a loopback connection": (
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
        "c = socket.create_connection(s.getsockname()); print(c.getpeername() == s.getsockname())",
        "True",
    ),
    "who and where": (
        "import getpass, pathlib\nprint(getpass.getuser(), pathlib.Path.home(), pathlib.Path.cwd())",
        "student /home/student /home/student/work",
    ),
    "await in a cell": ("import asyncio\nawait asyncio.sleep(0)\nprint('awaited')", "awaited"),
}


@pytest.fixture(autouse=True, scope="module")
def _isolation() -> None:
    needs_full_isolation()


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_code_works(name: str) -> None:
    code, expected = ORDINARY[name]
    ran = run(code)
    assert (ran.error, ran.why) == ("", None)
    assert expected in ran.text


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_workers_of_pytorchs_data_loader(context: str) -> None:
    """They hand tensors over in shared memory, and descriptors of it through Unix sockets."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    code = f"""
import torch
from torch.utils.data import DataLoader, TensorDataset
x = torch.arange(1000 * 784, dtype=torch.float64).reshape(1000, 784)
loader = DataLoader(TensorDataset(x), batch_size=100, num_workers=2, multiprocessing_context='{context}')
for epoch in range(2):
    print(len(loader), sum(float(batch.sum()) for batch, in loader) == float(x.sum()))
"""
    ran = run(code, spec=SandboxSpec(profile="torch", limits=limits()))
    assert (ran.error, ran.why) == ("", None)
    assert ran.text == "10 True\n10 True\n"


def test_a_students_file_does_not_stand_in_for_a_module() -> None:
    ran = run(
        "for name in ('ssl', 'random', 'tensorflow', 'html'): open(name + '.py', 'w').write('1/0')\n"
        "open('helper.py', 'w').write('x = 5')",
        "import tensorflow, ssl, html.parser, random, imaplib, helper\nprint(helper.x)",
    )
    assert (ran.texts[-1], ran.error) == ("5\n", "")


def test_files_are_handed_out_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "data.csv").write_text("1,2\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.txt").write_text("inner")
    spec = SandboxSpec(
        limits=limits(),
        hand_out=((tmp_path / "data.csv", "data.csv"), (tmp_path / "folder", "~/given")),
    )
    ran = run(
        "print(open('data.csv').read(), open('/home/student/given/inner.txt').read())",
        "open('data.csv', 'w')",
        spec=spec,
    )
    assert ran.texts[0] == "1,2\n inner\n"
    assert "Read-only file system" in ran.error or "Permission denied" in ran.error
    assert (tmp_path / "data.csv").read_text() == "1,2\n"
