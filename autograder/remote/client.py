"""The student's notebook as an object that hidden tests talk to.

    params = student.init_params(784, 128, 10, seed=3)    # a Handle: the variables stay in the student's
    process logits = student.forward(params, x)                    # an ndarray weights = params.value()
    # list of ndarrays

What arrives at a student's function: Python values as they are; arrays as tensors of the notebook's framework
(`tf.constant(array)`, `torch.from_numpy(array)`), or as NumPy arrays under `arrays="numpy"`; NumPy scalars as
Python numbers; handles as the objects they stand for, also inside lists, tuples and dictionaries.

What comes back: plain values; tensors and arrays as ndarrays, scalars of NumPy and tensors without dimensions
as ndarrays without dimensions, so that their dtype can be judged; anything else as a `Handle`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograder.remote.connection import CallExpired, Connection, SessionEnded
from autograder.remote.disclosure import Cell, Submission, sizes_in
from autograder.remote.encoding import HandleRef
from autograder.remote.errors import BadAnswer, StudentDied, StudentTimeout
from autograder.remote.replies import NonsenseError, value_of

Mode = Literal["auto", "keep", "value", "parts"]
Arrays = Literal["tensor", "numpy"]
WALL_FACTOR, WALL_EXTRA_S = 3.0, 10.0
_CHUNK, _CHUNK_BYTES = 64, 8 * 2**20


@dataclass(frozen=True)
class Call:
    """What the last question cost: seconds by the grader's clock, and bytes that the grader received."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    received: int = 0


class Student:
    """A student's namespace behind a `Connection`.

    `call_s` is the CPU time of one call in seconds. `cells` are the code cells as they were run; sentences
    about exceptions quote them. Functions whose names start with an underscore, or are names of this class,
    are reached by `student.function("name")`. Every question raises `StudentError` where it gets no usable
    answer.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        framework: Literal["tensorflow", "torch"] = "tensorflow",
        arrays: Arrays = "tensor",
        call_s: float = 30.0,
        cells: Sequence[Cell] = (),
    ) -> None:
        self.last_call = Call()
        self._connection = connection
        self._framework = framework
        self._arrays: Arrays = arrays
        self._call_s = call_s
        self._submission = Submission(cells)
        self._dropped: list[int] = []

    def __repr__(self) -> str:
        return "<student>"

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.function(name)

    # The session

    @property
    def ended(self) -> str | None:
        """Why the session cannot be used any more, or None while it can."""
        return self._connection.ended

    def reconnect(self, connection: Connection, cells: Sequence[Cell] | None = None) -> None:
        """Go on with another session of the same notebook. Handles of the old one stay unusable."""
        self._connection = connection
        self._dropped = []
        if cells is not None:
            self._submission = Submission(cells)

    @contextmanager
    def budget(self, seconds: float) -> Iterator[None]:
        """Give each call inside `seconds` of CPU time."""
        before, self._call_s = self._call_s, seconds
        try:
            yield
        finally:
            self._call_s = before

    @contextmanager
    def on_cores(self, cores: Collection[int]) -> Iterator[None]:
        """Inside, compute on these cores only, numbered as by `os.sched_getaffinity`; afterwards on all of the
        grader's."""
        self._connection.keep_to(cores)
        try:
            yield
        finally:
            self._connection.keep_to(os.sched_getaffinity(0))

    @contextmanager
    def arrays_as(self, arrays: Arrays) -> Iterator[None]:
        """Let arrays arrive as tensors of the framework ("tensor") or as they are ("numpy") inside."""
        before, self._arrays = self._arrays, arrays
        try:
            yield
        finally:
            self._arrays = before

    # Questions

    def function(self, name: str) -> RemoteFunction:
        """The function called `name`. Nothing is asked before it is called."""
        return RemoteFunction(self, name)

    def has(self, name: str) -> bool:
        """Whether the notebook has given a value to `name`."""
        return self._ask("name " + name, {"op": "has", "name": name}) is True

    def get(self, name: str, mode: Mode = "auto") -> Any:
        """A global variable of the notebook."""
        return self._ask(name, {"op": "get", "name": name, "mode": mode})

    def put(
        self, array: np.ndarray[Any, Any], dtype: str | None = None, scale: float | None = None
    ) -> Handle:
        """An array kept in the student's process: cast to `dtype`, then divided by `scale`, over there, so
        that images cross at a byte a pixel: `student.put(images, dtype="float32", scale=255)`."""
        if scale is not None and np.dtype(dtype or array.dtype).kind not in "fc":
            raise ValueError("an array can be scaled only as floats; give put() a dtype")
        question = {"op": "put", "array": array, "dtype": dtype, "scale": scale, "arrays": self._kind(None)}
        return self._handle("put", question)

    def variables(self, arrays: Sequence[np.ndarray[Any, Any]]) -> Handle:
        """A list of trainable variables with these values (PyTorch: tensors that require a gradient)."""
        question = {"op": "variables", "values": list(arrays), "arrays": self._framework}
        return self._handle("variables", question)

    def assign(self, handle: Handle, arrays: Sequence[np.ndarray[Any, Any]]) -> None:
        """Give the list of variables, or the model, behind `handle` new values, in order."""
        question = {"op": "assign", "target": handle, "values": list(arrays), "arrays": self._framework}
        self._ask("your weights", question)

    def iterate(self, handle: Any, limit: int, mode: Mode = "value") -> Iterator[Any]:
        """At most `limit` elements of a dataset, generator or any iterable behind a handle, as data. The time
        of one call is for all of them together, and so is the size of one answer: `BadAnswer` for more. A list or
        tuple that came back as data is taken as it is."""
        if isinstance(handle, (list, tuple)):  # what was to be gone through is data already
            yield from handle[:limit]
            return
        if not isinstance(handle, Handle):
            raise BadAnswer(
                "A dataset, generator or list was expected, to be gone through element by element."
            )
        name, spent_s = handle.name, 0.0
        limits, received, members = self._connection.limits, 0, 0
        iterator = self._handle(name, {"op": "iterate", "target": handle})
        delivered, done = 0, False
        while not done and delivered < limit:
            spent_s += self.last_call.cpu_s
            count = min(_CHUNK, limit - delivered)
            question = {
                "op": "next",
                "target": iterator,
                "count": count,
                "enough": _CHUNK_BYTES,
                "mode": mode,
            }
            answer = self._ask(name, question, spent_s)
            if not _is_chunk(answer, count):
                raise self._nonsense()
            elements, done = answer["elements"], answer["done"]
            delivered += len(elements)
            # That a chunk is small is up to the student's process; how much there is in all is not. Whoever asks may
            # keep everything: what came is counted here, before it is passed on and before more is asked for.
            received += self.last_call.received
            members += _members(elements)
            if received > limits.message or members > limits.elements:
                raise BadAnswer(
                    f"What `{name}` yields is too much to be checked: more than {limits.message // 2**20} MB or "
                    f"{limits.elements:,} elements in all. Does it yield more, or larger ones, than was asked for?"
                )
            yield from elements

    def read_files(self, folder: str, max_bytes: int = 64 * 2**20, max_files: int = 1000) -> dict[str, bytes]:
        """The regular files below a folder of the notebook's working folder, by relative name."""
        question = {"op": "read", "folder": folder, "max_files": max_files, "max_bytes": max_bytes}
        files = self._ask(folder, question)
        if not _are_files(files, max_files, max_bytes):
            raise self._nonsense()
        return dict(files)

    def run(self, code: str) -> None:
        """Run the grader's own code in the notebook's namespace. The student's process can read it."""
        self._ask("the grader's preparation", {"op": "run", "code": code})

    # What the classes below share

    def _call(
        self, function: RemoteFunction, args: tuple[Any, ...], kwargs: dict[str, Any], mode: Mode
    ) -> Any:
        question = {
            "op": "call",
            "target": function.target,
            "method": function.method,
            "args": list(args),
            "kwargs": kwargs,
            "mode": mode,
            "arrays": self._kind(function.arrays),
        }
        return self._ask(function.name, question, sizes=sizes_in([*args, *kwargs.values()]))

    def _kind(self, arrays: Arrays | None) -> str:
        return self._framework if (arrays or self._arrays) == "tensor" else "numpy"

    def _handle(self, name: str, question: dict[str, Any]) -> Handle:
        answer = self._ask(name, question)
        if not isinstance(answer, Handle):
            raise self._nonsense()
        return answer

    def _ask(
        self,
        name: str,
        question: dict[str, Any],
        spent_s: float = 0.0,
        sizes: frozenset[int] = frozenset(),
    ) -> Any:
        connection = self._connection
        cpu_s = max(self._call_s - spent_s, 0.01)
        drop, self._dropped = self._dropped, []
        question = {**question, "drop": drop, "limit": connection.limits.message}

        def handle(reference: HandleRef) -> Handle:
            known = self._submission.type_name(reference.type_name, "object")
            return Handle(self, connection, reference.number, known, name)

        try:
            reply = connection.ask(question, cpu_s, WALL_FACTOR * cpu_s + WALL_EXTRA_S, handle, self._other)
        except CallExpired as expired:
            self.last_call = Call()
            raise _timeout(name, expired, self._call_s) from None
        except SessionEnded as ended:
            raise _died(name, ended.reason) from None
        self.last_call = Call(reply.wall_s, reply.cpu_s, reply.received)
        try:
            return value_of(reply.answer, name, self._submission, sizes)
        except NonsenseError:
            raise self._nonsense() from None

    def _other(self, value: object) -> object:
        """What the encoding does not know: handles of this session, and NumPy scalars as Python numbers."""
        if isinstance(value, Handle):
            return value.reference(self._connection)
        return value.item() if isinstance(value, np.generic) else value

    def _nonsense(self) -> StudentDied:
        reason = "something in it answered in the grader's place with an answer that makes no sense"
        self._connection.end(reason)
        return _died("", reason)


class RemoteFunction:
    """A function, or a method, in the student's process. Calling it gives data, or a `Handle` to what is
    none."""

    def __init__(self, student: Student, name: str, target: Any = None, method: str = "") -> None:
        self.name = name
        self.target = name if target is None else target
        self.method = method
        self.arrays: Arrays | None = None
        self._student = student

    def __repr__(self) -> str:
        return f"<student's {self.name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._student._call(self, args, kwargs, "auto")

    def keep(self, *args: Any, **kwargs: Any) -> Handle:
        """Call it and leave the result where it is, even if it is data."""
        kept = self._student._call(self, args, kwargs, "keep")
        if not isinstance(kept, Handle):
            raise self._student._nonsense()
        return kept

    def value(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and get data: variables become arrays, sparse tensors dense; `BadAnswer` for what
        cannot."""
        return self._student._call(self, args, kwargs, "value")

    def parts(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and take a returned tuple, list or dict apart: each member by itself is data or a
        `Handle`."""
        return self._student._call(self, args, kwargs, "parts")

    def with_arrays(self, arrays: Arrays) -> RemoteFunction:
        """The same function, which gets arrays as tensors ("tensor") or as they are ("numpy")."""
        other = RemoteFunction(self._student, self.name, self.target, self.method)
        other.arrays = arrays
        return other


class Handle:
    """An object that stays in the student's process: a model, variables, a dataset.

    `type_name` is the name of its type where that is a known one, as that process tells it: never evidence.
    `name` is what it came from. It can be an argument of calls to the same session.
    """

    def __init__(
        self, student: Student, connection: Connection, number: int, type_name: str, name: str
    ) -> None:
        self.type_name = type_name
        self.name = name
        self._student = student
        self._connection = connection
        self._number = number

    def __repr__(self) -> str:
        return f"<handle to a {self.type_name} from {self.name}>"

    def __del__(self) -> None:
        student = self.__dict__.get("_student")
        if student is not None and student._connection is self._connection:
            student._dropped.append(self._number)  # told with the next question

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function()(*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self.method("__getitem__", key)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("iterate over a handle with student.iterate(handle, limit=...)")

    def function(self, method: str = "") -> RemoteFunction:
        """The object itself, or one of its methods, as a function with all ways to call it."""
        return RemoteFunction(
            self._student, f"{self.name}(…).{method}" if method else self.name, self, method
        )

    def method(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self.function(method)(*args, **kwargs)

    def attribute(self, name: str, mode: Mode = "auto") -> Any:
        question = {"op": "attribute", "target": self, "name": name, "mode": mode}
        return self._student._ask(f"{self.name}(…).{name}", question)

    def value(self) -> Any:
        """The object as data; `BadAnswer` where it is none."""
        return self._student._ask(self.name, {"op": "value", "target": self, "mode": "value"})

    def parts(self) -> Any:
        """A tuple, list or dict taken apart: each member by itself is data or a `Handle`."""
        return self._student._ask(self.name, {"op": "value", "target": self, "mode": "parts"})

    def reference(self, connection: Connection) -> HandleRef:
        """What stands for it on the wire; only on the connection that it came over."""
        if connection is self._connection:
            return HandleRef(self._number)
        if self._connection.ended is not None:
            raise _died(self.name, self._connection.ended)
        raise ValueError(f"{self!r} belongs to another student's session")


def _timeout(name: str, expired: CallExpired, call_s: float) -> StudentTimeout:
    if expired.clock == "wall":
        return StudentTimeout(f"`{name}` did not come back within {expired.limit_s:g} s.")
    return StudentTimeout(f"`{name}` needs more than the {call_s:g} s of computing time that it may use.")


def _died(name: str, reason: str) -> StudentDied:
    asked = f" when `{name}` was to be checked" if name else ""
    return StudentDied(f"The notebook's process could not answer{asked}: {reason}.")


def _is_chunk(answer: Any, count: int) -> bool:
    return (
        isinstance(answer, dict)
        and type(answer.get("done")) is bool
        and type(answer.get("elements")) is list
        and (0 < len(answer["elements"]) <= count or (answer["done"] and not answer["elements"]))
    )


def _members(value: Any) -> int:
    """How many members all the containers in it have together. A chunk is nested no deeper than one answer may be."""
    if type(value) is dict:
        return len(value) + sum(map(_members, value.values()))
    if type(value) in (list, tuple):
        return len(value) + sum(map(_members, value))
    return 0


def _are_files(files: Any, max_files: int, max_bytes: int) -> bool:
    if not isinstance(files, dict) or len(files) > max_files:
        return False
    if not all(type(name) is str and type(data) is bytes for name, data in files.items()):
        return False
    if any(
        part in ("", ".", "..") or "\\" in part or "\0" in part for name in files for part in name.split("/")
    ):
        return False
    return sum(len(data) for data in files.values()) <= max_bytes
