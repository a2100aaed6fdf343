"""The student's end of the wire: answers the grader's questions from inside the notebook's kernel.

Untrusted by design: a student's code shares its process and may change anything here. All it can gain is to
answer for itself. Everything that is needed is imported with this module, because the engine's files cannot
be seen from inside the sandbox once a session has begun.

`install` adds the wire to the event loop of the kernel's main thread, so that a call runs where cells run,
while none does. An interrupt (SIGINT) ends the call, not the kernel.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.remote.convert import NotData, TooMuch, to_data, type_name
from autograder.remote.encoding import HandleRef, Limits, Part, WireError, decode, encode_parts
from autograder.remote.files import read_files
from autograder.remote.frames import MAX_QUESTION, LineBroken, LineClosed, read_question, write_answer
from autograder.remote.tensors import assign, cast, tensor, variable
from autograder.remote.traces import describe

_QUESTION_LIMITS = Limits(message=MAX_QUESTION)


def install(fd: int, shell: Any) -> None:
    """Answer questions that arrive on the socket `fd` from the namespace of `shell`, an InteractiveShell.

    Must be called in the main thread, before or after the event loop starts. Files are read from the folder
    that is the current one now.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("the wire must be installed in the main thread, where calls can be interrupted")
    sock = socket.socket(fileno=fd)
    sock.setblocking(True)
    os.set_inheritable(sock.fileno(), False)
    server = _Server(sock, shell, os.getcwd())
    try:
        loop = asyncio.get_event_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    loop.add_reader(sock.fileno(), server.ready, loop)


class _Missing(Exception):
    """There is no such name in the notebook, or what it names is not a function."""

    def __init__(self, name: str, found: str = "") -> None:
        self.name = name
        self.found = found
        super().__init__(name)


class _Server:
    def __init__(self, sock: socket.socket, shell: Any, folder: str) -> None:
        self.sock = sock
        self.shell = shell
        self.folder = folder
        self.objects: dict[int, Any] = {}
        self.issued = 0

    # One question and its answer

    def ready(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the event loop when bytes are waiting."""
        try:
            question, message = read_question(self.sock)
            write_answer(self.sock, question, self._answer(message))
        except (LineClosed, LineBroken, OSError):
            loop.remove_reader(self.sock.fileno())
            self.sock.close()

    def _answer(self, message: memoryview) -> list[Part]:
        try:
            before = signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                return self._perform(message)
            finally:
                signal.signal(signal.SIGINT, before)
        except BaseException as error:  # noqa: BLE001 - whatever student code raises is an answer, SystemExit too
            return encode_parts(self._failure(error))

    def _perform(self, message: memoryview) -> list[Part]:
        question = decode(message, _QUESTION_LIMITS)
        for number in question["drop"]:
            self.objects.pop(number, None)
        value = _OPERATIONS[question["op"]](self, question)
        return encode_parts({"kind": "value", "value": value}, Limits(message=question["limit"]))

    def _failure(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, _Missing):
            return {"kind": "missing", "name": error.name, "found": error.found}
        if isinstance(error, NotData):
            return {"kind": "not data", "type": error.type_name}
        if isinstance(error, (TooMuch, WireError)):
            return {"kind": "too much", "why": str(error)[:500]}
        cells = getattr(getattr(self.shell, "compile", None), "_filename_map", {})
        return {"kind": "raised", **describe(error, cells)}

    # Objects and values

    def keep(self, value: Any) -> HandleRef:
        self.issued += 1
        self.objects[self.issued] = value
        return HandleRef(self.issued, type_name(value))

    def hand_over(self, value: Any, mode: str) -> Any:
        """`value` as the mode asks for it: data, a reference, or (parts) a container of both."""
        if mode == "keep":
            return self.keep(value)
        if mode == "value":
            return to_data(value, "value")
        if mode == "parts" and isinstance(value, (list, tuple)):
            members = [self.hand_over(member, "auto") for member in value]
            return members if isinstance(value, list) else tuple(members)
        if mode == "parts" and isinstance(value, dict):
            return {key: self.hand_over(member, "auto") for key, member in value.items()}
        try:
            return to_data(value, "auto")
        except NotData:
            return self.keep(value)

    def arrive(self, value: Any, arrays: str) -> Any:
        """An argument as the student's function gets it: references resolved, arrays as the framework's
        tensors."""
        if isinstance(value, HandleRef):
            return self.objects[value.number]
        if isinstance(value, np.ndarray):
            return tensor(value, arrays)
        if isinstance(value, (list, tuple)):
            return type(value)(self.arrive(member, arrays) for member in value)
        if isinstance(value, dict):
            return {key: self.arrive(member, arrays) for key, member in value.items()}
        return value

    def find(self, name: str) -> Any:
        if name not in self.shell.user_ns:
            raise _Missing(name)
        return self.shell.user_ns[name]


def _call(server: _Server, question: dict[str, Any]) -> Any:
    target = question["target"]
    function = server.arrive(target, "numpy") if isinstance(target, HandleRef) else server.find(target)
    if question["method"]:
        function = getattr(function, question["method"])
    if not callable(function):
        raise _Missing(str(target), type_name(function))
    arrays = question["arrays"]
    arguments = server.arrive(question["args"], arrays)
    options = server.arrive(question["kwargs"], arrays)
    return server.hand_over(function(*arguments, **options), question["mode"])


def _get(server: _Server, question: dict[str, Any]) -> Any:
    return server.hand_over(server.find(question["name"]), question["mode"])


def _has(server: _Server, question: dict[str, Any]) -> bool:
    return question["name"] in server.shell.user_ns


def _value(server: _Server, question: dict[str, Any]) -> Any:
    return server.hand_over(server.arrive(question["target"], "numpy"), question["mode"])


def _attribute(server: _Server, question: dict[str, Any]) -> Any:
    return server.hand_over(
        getattr(server.arrive(question["target"], "numpy"), question["name"]), question["mode"]
    )


def _put(server: _Server, question: dict[str, Any]) -> HandleRef:
    array = cast(question["array"], question["dtype"], question["scale"])
    return server.keep(tensor(array, question["arrays"]))


def _variables(server: _Server, question: dict[str, Any]) -> HandleRef:
    return server.keep([variable(array, question["arrays"]) for array in question["values"]])


def _assign(server: _Server, question: dict[str, Any]) -> None:
    assign(server.arrive(question["target"], "numpy"), question["values"], question["arrays"])


def _iterate(server: _Server, question: dict[str, Any]) -> HandleRef:
    return server.keep(iter(server.arrive(question["target"], "numpy")))


def _next(server: _Server, question: dict[str, Any]) -> dict[str, Any]:
    """Some of the next elements: at most `count` of them, and no more once they are `enough` bytes."""
    iterator: Iterator[Any] = server.arrive(question["target"], "numpy")
    elements: list[Any] = []
    size = 0
    while len(elements) < question["count"] and size < question["enough"]:
        try:
            element = next(iterator)
        except StopIteration:
            return {"elements": elements, "done": True}
        elements.append(server.hand_over(element, question["mode"]))
        size += _size(elements[-1])
    return {"elements": elements, "done": False}


def _read(server: _Server, question: dict[str, Any]) -> dict[str, bytes]:
    return read_files(server.folder, question["folder"], question["max_files"], question["max_bytes"])


def _run(server: _Server, question: dict[str, Any]) -> None:
    exec(compile(question["code"], "<prelude>", "exec"), server.shell.user_ns)


_OPERATIONS: dict[str, Callable[[_Server, dict[str, Any]], Any]] = {
    "call": _call,
    "get": _get,
    "has": _has,
    "value": _value,
    "attribute": _attribute,
    "put": _put,
    "variables": _variables,
    "assign": _assign,
    "iterate": _iterate,
    "next": _next,
    "read": _read,
    "run": _run,
    "nothing": lambda _server, _question: None,
}


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, (list, tuple)):
        return sum(_size(member) for member in value)
    if isinstance(value, dict):
        return sum(_size(member) for member in value.values())
    return 16
