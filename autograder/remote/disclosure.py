"""What of a student's failure the student may read.

Code under test sees the hidden inputs, and an exception's message is text of its own making: shown as it is,
it would carry the inputs out. So a sentence holds only
- the place, as a line of the submission as the grader has it;
- the exception's type where it is a known one or a name in the submission;
- the message where it has the form of a well-known message of Python, NumPy, TensorFlow or PyTorch, its names
are
  in the submission (or types everybody knows) and its numbers are sizes of the arguments of this very call;
  other numbers become "?".
The whole message is for the instructor.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_LINE = 160
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_NUMBER = re.compile(r"(?<![A-Za-z_0-9])\d+")
_SMALL = range(17)
_KNOWN_TYPES = frozenset(
    [name for name, value in vars(builtins).items() if isinstance(value, type)]
    + [
        "LinAlgError",
        "AxisError",
        "UFuncTypeError",
        "InvalidArgumentError",
        "ResourceExhaustedError",
        "UnimplementedError",
        "FailedPreconditionError",
        "NotFoundError",
        "InternalError",
        "OutOfRangeError",
        "InaccessibleTensorError",
        "OutOfMemoryError",
        "OperatorNotAllowedInGraphError",
        "StagingError",
        "JSONDecodeError",
        "UnpicklingError",
        "StdinNotImplementedError",
    ]
)
_KNOWN_WORDS = _KNOWN_TYPES | frozenset(
    [
        "NoneType",
        "ndarray",
        "Tensor",
        "EagerTensor",
        "SymbolicTensor",
        "KerasTensor",
        "ResourceVariable",
        "Variable",
        "Parameter",
        "function",
        "method",
        "module",
        "builtin_function_or_method",
        "generator",
        "RaggedTensor",
        "SparseTensor",
        "IndexedSlices",
        "History",
        "Sequential",
        "Functional",
        "numpy",
        "tensorflow",
        "keras",
        "torch",
        "matplotlib",
        "pandas",
        "float",
        "double",
        "half",
        "int32",
        "int64",
        "int8",
        "uint8",
        "bool",
        "string",
        "float16",
        "float32",
        "float64",
        "Float",
        "Double",
        "Long",
        "Int",
        "Half",
        "MatMul",
        "AddV2",
        "Mul",
        "Sub",
        "BatchMatMulV2",
        "Conv2D",
        "RealDiv",
    ]
)
_FORMS = """
name '{w}' is not defined
cannot access local variable '{w}' where it is not associated with a value
local variable '{w}' referenced before assignment
No module named '{w}'
'{w}' object has no attribute '{w}'
module '{w}' has no attribute '{w}'
'{w}' object is not callable
'{w}' object is not subscriptable
'{w}' object is not iterable
'{w}' object does not support item assignment
'{w}' object cannot be interpreted as an integer
object of type '{w}' has no len()
cannot unpack non-iterable {w} object
unsupported operand type(s) for {o}: '{w}' and '{w}'
bad operand type for unary {o}: '{w}'
{w}() missing {n} required positional argument: '{w}'
{w}() missing {n} required positional arguments: '{w}' and '{w}'
{w}() missing {n} required positional arguments: '{w}', '{w}', and '{w}'
{w}() got an unexpected keyword argument '{w}'
{w}() got multiple values for argument '{w}'
{w}() takes {n} positional argument but {n} were given
{w}() takes {n} positional arguments but {n} were given
this frontend does not support input requests
list index out of range
tuple index out of range
index {n} is out of bounds for axis {n} with size {n}
division by zero
maximum recursion depth exceeded
not enough values to unpack (expected {n}, got {n})
too many values to unpack (expected {n})
too many values to unpack (expected {n}, got {n})
setting an array element with a sequence.
shapes {s} and {s} not aligned
operands could not be broadcast together with shapes {s} {s}
matmul: Input operand 1 has a mismatch in its core dimension 0
cannot reshape array of size {n} into shape {s}
Matrix size-incompatible: In[0]: {s}, In[1]: {s}
Incompatible shapes: {s} vs. {s}
required broadcastable shapes
cannot compute {w} as input #{n}(zero-based) was expected to be a {w} tensor but is a {w} tensor
Dimensions must be equal, but are {n} and {n}
Shapes {s} and {s} are incompatible
Input to reshape is a tensor with {n} values, but the requested shape has {n}
No gradients provided for any variable
mat1 and mat2 shapes cannot be multiplied ({n}x{n} and {n}x{n})
The size of tensor a ({n}) must match the size of tensor b ({n}) at non-singleton dimension {n}
expected scalar type {w} but found {w}
shape '{s}' is invalid for input of size {n}
element 0 of tensors does not require grad and does not have a grad_fn
a leaf Variable that requires grad is being used in an in-place operation.
""".strip().splitlines()


@dataclass(frozen=True)
class Failure:
    """The error with which a cell stopped, in the words of the student's process."""

    kind: str
    message: str
    line: int | None


@dataclass(frozen=True)
class Cell:
    """A code cell as the grader ran it: its execution count, the name to call it by, its text, what stopped it."""

    number: int
    name: str
    text: str
    failure: Failure | None = None


class Submission:
    """The submitted code, as far as sentences need it."""

    def __init__(self, cells: Iterable[Cell] = ()) -> None:
        self.cells = {cell.number: cell for cell in cells}
        self.words = frozenset(word for cell in self.cells.values() for word in _WORD.findall(cell.text))

    def knows(self, word: str) -> bool:
        return word in _KNOWN_WORDS or word in self.words

    def type_name(self, name: str, otherwise: str) -> str:
        """`name` where everybody or the submission knows it, else `otherwise`."""
        return name if _WORD.fullmatch(name) and self.knows(name) else otherwise

    def place(self, number: int | None, line: int | None) -> str:
        """ "line 3 of cell `forward`: `return x @ W`", or "" where the submission has no such line."""
        cell = self.cells.get(number) if number is not None else None
        text = _line(cell, line) if cell is not None else ""
        return f"line {line} of cell `{cell.name}`: `{text}`" if cell is not None and text else ""

    def failure(self, cell: Cell) -> str:
        """ "NameError: name 'x' is not defined (line 2: `y = x`)", of a cell that stopped with an error."""
        assert cell.failure is not None
        kind = self.type_name(cell.failure.kind, "an exception")
        said = self.message(cell.failure.message, frozenset())
        line = _line(cell, cell.failure.line)
        where = f" (line {cell.failure.line}: `{line}`)" if line else ""
        return kind + (f": {said}" if said else "") + where

    def defining(self, name: str) -> Cell | None:
        """The last cell that stopped with an error and would have defined `name`."""
        definition = re.compile(
            rf"^[ \t]*+(?:(?:async[ \t]++)?def|class)[ \t]++{re.escape(name)}\b|^{re.escape(name)}[ \t]*+=",
            re.M,
        )
        failed = [cell for cell in self.cells.values() if cell.failure is not None]
        return next((cell for cell in reversed(failed) if definition.search(cell.text)), None)

    def message(self, message: str, sizes: frozenset[int]) -> str:
        """The part of an exception's message that may be shown, "" where none may."""
        for form in _PATTERNS:
            found = form.search(message)
            if found is None:
                continue
            if all(self.knows(word) for word in found.groups()):
                return _NUMBER.sub(lambda number: _size(number[0], sizes), found[0])
        return ""


def _line(cell: Cell, number: int | None) -> str:
    """The line of the cell, as a sentence may quote it; "" where there is none."""
    lines = cell.text.splitlines()
    if number is None or not 1 <= number <= len(lines):
        return ""
    text = "".join(_shown(sign) for sign in " ".join(lines[number - 1].split()))
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…"


def _shown(sign: str) -> str:
    """The sentence may be printed to a terminal, where control characters would act and others turn the line round."""
    return sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}"


def sizes_in(arguments: Any, depth: int = 8) -> frozenset[int]:
    """The dimensions of the arrays in a call's arguments. Its whole numbers are left out: some are hidden
    seeds."""
    if isinstance(arguments, np.ndarray):
        return frozenset(arguments.shape)
    if isinstance(arguments, dict):
        arguments = list(arguments.values())
    if isinstance(arguments, (list, tuple)) and depth:
        return frozenset[int]().union(*(sizes_in(member, depth - 1) for member in arguments[:100]))
    return frozenset()


def _size(digits: str, sizes: frozenset[int]) -> str:
    shown = len(digits) < 8 and (int(digits) in _SMALL or int(digits) in sizes)
    return digits if shown else "?"


def _pattern(form: str) -> re.Pattern[str]:
    number = r"\d{1,9}"
    # A size ends where its digits do: a message may be made so that every other way to divide them is tried.
    shape = r"[\[(](?:\d{1,9}+(?:, ?| |(?=[\])]))){0,6}+[\])]"
    pieces = {"{w}": f"({_WORD.pattern})", "{n}": number, "{s}": shape, "{o}": r"[-+*/@%&|<>=^]{1,3}"}
    parts = re.split(r"(\{[wnso]\})", form)
    return re.compile("".join(pieces.get(part, re.escape(part)) for part in parts))


_PATTERNS = tuple(_pattern(form) for form in _FORMS)
