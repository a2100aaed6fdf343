"""Arrays that came from outside, checked before anything is compared with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class UnusableError(ValueError):
    """The value is no array that could be an answer; the text is a sentence for the student."""


def numbers(value: object, shape: tuple[int | None, ...] | None = None, what: str = "The answer") -> Array:
    """The value as float64, if it is numeric, finite and of that shape (None: any size of that dimension).

    Raises UnusableError otherwise. Subclasses of ndarray and object arrays are refused.
    """
    if type(value) not in (np.ndarray, np.float32, np.float64, np.int64, np.int32, float, int, list, tuple):
        raise UnusableError(f"{what} should be an array of numbers, not {type(value).__name__}.")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise UnusableError(f"{what} should be an array with rows of equal length.") from error
    if array.dtype.kind not in "fiub":
        raise UnusableError(f"{what} should hold numbers, not {array.dtype}.")
    if shape is not None and (
        array.ndim != len(shape) or any(s not in (None, a) for s, a in zip(shape, array.shape, strict=True))
    ):
        wanted = ", ".join("any" if s is None else str(s) for s in shape)
        raise UnusableError(f"{what} should have the shape ({wanted}), not {array.shape}.")
    wide = array.astype(np.float64)
    if not np.isfinite(wide).all():
        raise UnusableError(f"{what} holds values that are not finite.")
    return wide
