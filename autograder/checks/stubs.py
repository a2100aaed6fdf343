"""Stubs: a dynamic cross-check for rules about forbidden library parts.

`prelude(targets)` is Python text to be run in the student's process before the notebook. It replaces the
named parts of a library by stubs that raise, in place, so that every alias, copy and subclass of them is
affected. A program that keeps to the rules runs as before; one that does not fails with a message that
`stubbed_name` recognises. For programs that go on after an exception, the notebook's global variable `USED` lists the
names of the parts that were used.

Targets are dotted names: a class (it can then be neither constructed nor subclassed and constructed), a
function, a method (`keras.Model.fit`), or `module.*` for all public functions of a module. `name@scope` also
replaces the same function wherever modules below `scope` have imported it.

What stubs cannot see: compiled operations that are called directly (`torch.ops`, `tf.raw_ops`), and what a
program does to undo them; those are for `source_rules`. Cost: a fraction of a second, apart from the
library's import.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Callable, Sequence

MARK = "not allowed in this task"
USED = "_autograder_stubs_used"

KERAS_MODELS = ("keras.Layer", "keras.Model", "keras.Sequential")
KERAS_FIT = ("keras.Model.fit", "keras.Model.train_on_batch", "keras.Model.train_step")
KERAS_RECURRENT_LAYERS = (
    "keras.layers.RNN",
    "keras.layers.SimpleRNN",
    "keras.layers.SimpleRNNCell",
    "keras.layers.GRU",
    "keras.layers.GRUCell",
    "keras.layers.LSTM",
    "keras.layers.LSTMCell",
    "keras.layers.StackedRNNCells",
    "keras.layers.Bidirectional",
    "keras.layers.TimeDistributed",
    "keras.layers.ConvLSTM1D",
    "keras.layers.ConvLSTM2D",
    "keras.layers.ConvLSTM3D",
    "keras.src.backend.rnn@keras",
    "keras.src.backend.lstm@keras",
    "keras.src.backend.gru@keras",
)
TORCH_NN = ("torch.nn.Module", "torch.nn.functional.*")

_TARGET = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\.\*)?(@[A-Za-z_][\w.]*)?$")
_MESSAGE = re.compile(r"`([\w.]+)` is " + MARK)


def prelude(targets: Sequence[str]) -> str:
    """Text that installs the stubs. Raises ValueError for what is not a dotted name.

    Run in the student's process it raises LookupError if a target does not exist in the installed version, so
    that a rule never silently stops working.
    """
    for target in targets:
        if not _TARGET.match(target):
            raise ValueError(
                f"{target!r} is not a dotted name, such as torch.nn.Module or keras.src.backend.rnn@keras."
            )
    return "\n".join(
        [
            f"{USED} = []",
            "def _autograder_install(targets, mark, used):",
            *("    " + line for line in ("import importlib, sys, types", *_body(_install))),
            f"_autograder_install({tuple(targets)!r}, {MARK!r}, {USED})",
            "del _autograder_install",
            "",
        ]
    )


def stubbed_name(message: str) -> str | None:
    """The forbidden part that a program ran into, from the message of the exception; None if it is another
    one."""
    found = _MESSAGE.search(message)
    return found.group(1) if found else None


def _body(function: Callable[..., None]) -> list[str]:
    lines = inspect.getsource(function).splitlines()
    start = next(i for i, line in enumerate(lines) if line.rstrip().endswith("-> None:")) + 1
    return [line[4:] for line in lines[start:]]


def _install(targets: tuple[str, ...], mark: str, used: list[str]) -> None:
    import importlib

    def raising(name: str) -> types.FunctionType:
        def stub(*args: object, **kwargs: object) -> None:
            used.append(name)
            raise RuntimeError(f"`{name}` is {mark}.")

        return stub  # type: ignore[return-value]

    def find(name: str) -> tuple[object, str, object]:
        """The object that holds the part, the part's name there, and the part."""
        parts = name.split(".")
        for cut in range(len(parts), 0, -1):
            try:
                holder: object = importlib.import_module(".".join(parts[:cut]))
            except ImportError:
                continue
            try:
                for part in parts[cut:-1]:
                    holder = getattr(holder, part)
                return holder, parts[-1], getattr(holder, parts[-1]) if cut < len(parts) else holder
            except AttributeError:
                continue
        raise LookupError(f"There is no {name} to be replaced by a stub.")

    def stub_class(cls: type, name: str) -> None:
        cls.__new__ = staticmethod(raising(name))  # type: ignore[method-assign]
        for method in ("__init__", "__call__", "call", "forward"):
            if method in vars(cls):
                setattr(cls, method, raising(name))

    found = []
    for target in targets:
        name, _, scope = target.partition("@")
        if name.endswith(".*"):
            module = find(name[:-2])[2]
            kinds = (types.FunctionType, types.BuiltinFunctionType)
            public = [n for n, v in vars(module).items() if not n.startswith("_") and isinstance(v, kinds)]
            found += [(f"{name[:-2]}.{n}", module, n, vars(module)[n], scope) for n in public]
        else:
            found.append((name, *find(name), scope))
    for name, holder, part, original, scope in found:
        if isinstance(original, type):
            stub_class(original, name)
            continue
        stub = raising(name)
        setattr(holder, part, stub)
        for module_name, module in list(sys.modules.items()) if scope else []:
            if module_name == scope or module_name.startswith(scope + "."):
                for key, value in list(getattr(module, "__dict__", {}).items()):
                    if value is original:
                        setattr(module, key, stub)
