"""The Jupyter kernel inside a session: ipykernel, on sockets that the grader has bound, answering calls on
the wire.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, NoReturn

import zmq
from ipykernel.heartbeat import Heartbeat
from ipykernel.kernelapp import IPKernelApp
from IPython.core.autocall import ZMQExitAutocall
from traitlets.config import Config

from autograder.data import inside
from autograder.remote import server
from autograder.sandbox.names import CHANNELS


def run(channels: dict[str, int], wire: int, key: str) -> NoReturn:
    """Serve until the grader ends the session. `channels`: name -> listening Unix socket."""
    app: Any = _SandboxKernelApp.instance(config=_config(key))
    app.channels = channels
    app.initialize([])
    _let_exit_end_the_cell(app.kernel.shell)
    server.install(wire, app.kernel.shell)
    _use_handed_out_data()
    app.start()
    os._exit(0)


def _config(key: str) -> Config:
    config = Config()
    config.Session.key = key.encode()
    config.HistoryManager.enabled = False
    config.IPKernelApp.log_level = logging.CRITICAL
    config.IPKernelApp.ignore_cwd = True
    config.IPKernelApp.transport = "ipc"
    config.IPKernelApp.ip = "grader"
    for port, name in enumerate(CHANNELS, start=1):
        config.IPKernelApp[f"{name}_port"] = port
    return config


def _let_exit_end_the_cell(shell: Any) -> None:
    """`exit()` and `quit()` act as `sys.exit()` does in a notebook: the cell ends there, and nothing else.

    ipykernel would end the process a moment later, in whatever cell or question came next.
    """
    shell.exiter = _ExitOfCell(shell)  # type: ignore[no-untyped-call]
    shell.user_ns.update(exit=shell.exiter, quit=shell.exiter)
    shell.unobserve_all("exit_now")


class _ExitOfCell(ZMQExitAutocall):
    def __call__(self, keep_kernel: bool = False) -> NoReturn:
        raise SystemExit


def _use_handed_out_data() -> None:
    keras_config: Any = sys.modules.get("keras.src.backend.config")
    if keras_config is not None:
        keras_config._KERAS_DIR = os.environ["KERAS_HOME"]  # Keras settled on the warm parent's
    folder = os.path.expanduser("~/.keras/datasets")
    if "keras" in sys.modules and os.path.isdir(folder):
        inside.trust(folder)


class _SandboxKernelApp(IPKernelApp):
    """An ipykernel that takes its sockets as descriptors and leaves no files."""

    channels: dict[str, int]

    def _bind_socket(self, s: zmq.Socket[bytes], port: int) -> int:
        s.setsockopt(zmq.USE_FD, self.channels[CHANNELS[port - 1]])
        s.bind(f"ipc://grader-{port}")
        return port

    def init_heartbeat(self) -> None:
        address = ("ipc", "grader", self.hb_port)
        self.heartbeat = _SandboxHeartbeat(zmq.Context(), address)  # type: ignore[no-untyped-call]
        self.heartbeat.listening = self.channels["hb"]
        self.heartbeat.start()

    def init_control(self, context: zmq.Context[Any]) -> None:
        super().init_control(context)  # type: ignore[no-untyped-call]
        # The debugger's socket would try for ever to reach a path that is not in the sandbox.
        self.debug_shell_socket.close(linger=0)
        self.debug_shell_socket = context.socket(zmq.DEALER)

    def init_crash_handler(self) -> None:
        sys.excepthook = self.excepthook

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Read no configuration but ours."""

    def init_connection_file(self) -> None:
        """The grader knows where it bound the sockets."""

    def write_connection_file(self, **_: Any) -> None:
        """As above."""

    def log_connection_info(self) -> None:
        self._ports = dict(zip(CHANNELS, range(1, len(CHANNELS) + 1), strict=True))


class _SandboxHeartbeat(Heartbeat):
    listening: int

    def _bind_socket(self) -> None:
        self.socket.setsockopt(zmq.USE_FD, self.listening)
        self.socket.bind("ipc://grader-hb")
