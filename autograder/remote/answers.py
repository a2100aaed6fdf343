"""Judging the form of what a student's code gave back, before its values are compared with anything.

Each function returns the value, or raises `BadAnswer` with a sentence that says what was expected and what
was found. Nothing here trusts the value to be what it should: an answer may be of any kind that the wire
carries.

    logits = answers.array(student.forward(params, x), shape=(5, 10), what="the logits")

`what` begins the sentence, with a capital letter. Sizes in a sentence come from the student's code, which
sees the hidden inputs; beyond 4 dimensions, or 4096 a dimension, they are not repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.remote.client import Handle
from autograder.remote.errors import BadAnswer

Shape = Sequence[int | None]
# More than any answer of a hidden test needs; what is made of them, as int64 say, is eight times as large.
MOST_NUMBERS = 50_000_000
_KINDS = {
    "b": "truth values",
    "i": "whole numbers",
    "u": "whole numbers",
    "f": "numbers",
    "c": "complex numbers",
}
_NAMES = {
    list: "a list",
    tuple: "a tuple",
    dict: "a dictionary",
    str: "text",
    bytes: "bytes",
    bool: "a truth value",
    np.ndarray: "an array",
}


def array(
    value: object,
    shape: Shape | None = None,
    dtype: str | Sequence[str] | None = "float32",
    finite: bool = True,
    empty: bool = False,
    what: str = "the answer",
    most: int = MOST_NUMBERS,
) -> np.ndarray[Any, Any]:
    """`value`, if it is an array of numbers with this shape and dtype.

    `shape`: None in a place allows any length there, None as a whole any shape. `dtype`: one name or several
    that are allowed ("float32"), None for any kind of numbers. `finite` refuses NaN and infinity,
    `empty=False` arrays without elements, `most` those with more elements. A Python number is taken for an
    array without dimensions, as float64, int64 or bool.
    """
    found = _as_array(value)
    if found is None:
        raise _bad(what, f"expected an array{_of(shape)}, found {_name(value)}")
    if found.dtype.kind not in "biufc":
        raise _bad(what, "expected an array of numbers, found an array of text")
    if found.size > most:
        raise _bad(what, "found far more numbers than there should be")
    if shape is not None and not _fits(found.shape, shape):
        raise _bad(what, f"expected an array{_of(shape)}, found {_shape_found(found.shape)}")
    allowed = (dtype,) if isinstance(dtype, str) else dtype
    if allowed is not None and found.dtype.name not in allowed:
        raise _bad(what, f"expected dtype {' or '.join(allowed)}, found {found.dtype.name}")
    if not empty and found.size == 0:
        raise _bad(what, "expected an array with elements, found an empty one")
    if finite and not np.isfinite(found).all():
        kind = "NaN" if np.isnan(found).any() else "infinite values"
        raise _bad(what, f"expected finite numbers, found {kind}")
    return found


def scalar(
    value: object, dtype: str | Sequence[str] | None = None, finite: bool = True, what: str = "the answer"
) -> float:
    """One real number: a Python one, or an array or tensor without dimensions. `dtype` as for `array`."""
    found = array(value, (), dtype, finite, what=what)
    if found.dtype.kind not in "iuf":
        raise _bad(what, f"expected a number, found {_KINDS[found.dtype.kind]}")
    return float(found)


def integer(value: object, low: int | None = None, high: int | None = None, what: str = "the answer") -> int:
    """One whole number of any integer type, not a truth value, in [low, high]."""
    found = array(value, (), None, what=what) if type(value) is not int else value
    if isinstance(found, np.ndarray):
        if found.dtype.kind not in "iu":
            raise _bad(what, f"expected a whole number, found a value of dtype {found.dtype.name}")
        found = int(found)
    if (low is not None and found < low) or (high is not None and found > high):
        raise _bad(what, f"expected a whole number {_between(low, high)}")
    return found


def integers(
    value: object,
    shape: Shape | None = None,
    low: int | None = None,
    high: int | None = None,
    empty: bool = False,
    what: str = "the answer",
    most: int = MOST_NUMBERS,
) -> np.ndarray[Any, Any]:
    """An array of whole numbers of any integer dtype, as int64, all in [low, high], `most` of them at most."""
    found = array(value, shape, None, empty=empty, what=what, most=most)
    if found.dtype.kind not in "iu" or (found.dtype.kind == "u" and found.size and found.max() > 2**63 - 1):
        raise _bad(what, f"expected whole numbers, found dtype {found.dtype.name}")
    if found.size and ((low is not None and found.min() < low) or (high is not None and found.max() > high)):
        raise _bad(what, f"expected whole numbers {_between(low, high)}")
    return found.astype(np.int64)


def listing(value: object, length: int | None = None, what: str = "the answer") -> list[Any]:
    """A list or tuple, as a list, of `length` members where that is given."""
    if not isinstance(value, (list, tuple)):
        raise _bad(what, f"expected a list, found {_name(value)}")
    members: list[Any] = list(value)
    if length is not None and len(members) != length:
        found = len(members) if len(members) <= 4096 else "more"
        raise _bad(what, f"expected {length} elements, found {found}")
    return members


def arrays(
    value: object,
    shapes: Sequence[Shape],
    dtype: str | Sequence[str] | None = "float32",
    finite: bool = True,
    what: str = "the answer",
) -> list[np.ndarray[Any, Any]]:
    """A list of arrays with these shapes, in this order."""
    members = listing(value, len(shapes), what)
    return [
        array(member, shape, dtype, finite, what=f"{what}, element {index}")
        for index, (member, shape) in enumerate(zip(members, shapes, strict=True))
    ]


def dictionary(value: object, keys: Sequence[str | int] = (), what: str = "the answer") -> dict[Any, Any]:
    """A dictionary that has at least these keys."""
    if type(value) is not dict:
        raise _bad(what, f"expected a dictionary, found {_name(value)}")
    missing = [repr(key) for key in keys if key not in value]
    if missing:
        raise _bad(what, f"the key {missing[0]} is missing")
    return dict(value)


def text(value: object, among: Sequence[str] = (), what: str = "the answer") -> str:
    """A str, one of `among` where that is given."""
    if type(value) is not str:
        raise _bad(what, f"expected text, found {_name(value)}")
    if among and value not in among:
        raise _bad(what, f"expected one of {', '.join(map(repr, among))}")
    return value


def _bad(what: str, sentence: str) -> BadAnswer:
    return BadAnswer(f"{what[:1].upper()}{what[1:]}: {sentence}.")


def _as_array(value: object) -> np.ndarray[Any, Any] | None:
    if type(value) is np.ndarray:
        return value
    if type(value) in (bool, float, complex) or (type(value) is int and -(2**63) <= value < 2**63):
        return np.asarray(value)
    return None


def _fits(found: tuple[int, ...], shape: Shape) -> bool:
    return len(found) == len(shape) and all(
        wanted is None or wanted == size for size, wanted in zip(found, shape, strict=True)
    )


def _of(shape: Shape | None) -> str:
    if shape is None:
        return ""
    return " without dimensions" if len(shape) == 0 else f" of shape {_shape(shape)}"


def _shape(shape: Shape) -> str:
    sizes = ["any" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _shape_found(shape: tuple[int, ...]) -> str:
    if len(shape) > 4:
        return f"one of {len(shape)} dimensions"
    if any(size > 4096 for size in shape):
        return "one of another shape"
    return f"shape {_shape(shape)}" if shape else "a single number"


def _name(value: object) -> str:
    if value is None:
        return "None (is a return missing?)"
    if isinstance(value, Handle):
        return f"an object of type {value.type_name}" if value.type_name != "object" else "an object"
    if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
        return "a number"
    return _NAMES.get(type(value), "an object")


def _between(low: int | None, high: int | None) -> str:
    if low is None:
        return f"of at most {high}"
    return f"of at least {low}" if high is None else f"from {low} to {high}"
