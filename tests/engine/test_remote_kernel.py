"""The wire inside a real ipykernel: calls run where cells run, while none does."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jupyter_client.blocking import BlockingKernelClient
from remote_session import PlainProcess

from autograder.remote.client import Student
from autograder.remote.connection import Connection
from autograder.remote.disclosure import Cell
from autograder.remote.errors import StudentRaised, StudentTimeout

START = """
import sys
from ipykernel.kernelapp import IPKernelApp
from autograder.remote import server
app = IPKernelApp.instance()
app.initialize(["-f", sys.argv[2], "--HistoryManager.enabled=False"])
server.install(int(sys.argv[1]), app.shell)
app.start()
"""
CELLS = [
    "import threading\nimport numpy as np",
    """%%time
def where():
    print("said in a call")
    return threading.current_thread() is threading.main_thread()
""",
    "def spin():\n    while True: sum(range(100))",
    "def product(x):\n    # two lines\n    return x @ np.zeros((3, 3))",
]


class Kernel:
    def __init__(self, client: BlockingKernelClient, student: Student) -> None:
        self.client = client
        self.student = student

    def run(self, code: str) -> str:
        said: list[str] = []

        def hear(message: dict) -> None:
            if message["msg_type"] == "stream":
                said.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, output_hook=hear, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(said)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    file = Path(folder, "connection.json")
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(theirs.fileno()), str(file)],
        pass_fds=[theirs.fileno()],
        cwd=folder,
        env={"IPYTHONDIR": str(folder), "PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))},
        stderr=subprocess.PIPE,
        text=False,
    )
    theirs.close()
    plain = PlainProcess(process)
    cells = [Cell(number, f"cell-{number}", text) for number, text in enumerate(CELLS, 1)]
    student = Student(Connection(ours, plain), cells=cells, call_s=60)
    client = BlockingKernelClient(connection_file=str(file))
    try:
        assert student.has(
            "get_ipython"
        )  # answered as soon as the loop runs, when the connection file is there
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        kernel = Kernel(client, student)
        for cell in CELLS:
            kernel.run(cell)
        yield kernel
    finally:
        client.stop_channels()
        plain.kill()
        ours.close()


def test_calls_run_in_the_main_thread(kernel: Kernel) -> None:
    assert kernel.student.where() is True


def test_cells_and_calls_take_turns(kernel: Kernel) -> None:
    kernel.run("counter = 1")
    assert kernel.student.get("counter") == 1
    kernel.student.run("counter += 1")
    assert "2" in kernel.run("print(counter)")


def test_an_interrupt_ends_the_call_and_not_the_kernel(kernel: Kernel) -> None:
    with kernel.student.budget(0.1), pytest.raises(StudentTimeout):
        kernel.student.spin()
    assert kernel.student.where()
    assert "alive" in kernel.run("print('alive')")


def test_the_cell_and_line_of_an_exception(kernel: Kernel) -> None:
    with pytest.raises(StudentRaised, match=r"line 3 of cell `cell-4`: `return x @ np.zeros\(\(3, 3\)\)`"):
        kernel.student.product(np.ones((2, 2)))
