"""Arrays as what a student's code works with: tensors, variables, weights of models. Runs in the student's
process.

TensorFlow and PyTorch are looked up among the modules that are loaded already, never imported.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograder.remote.encoding import ALIGNMENT, aligned_bytes

_SHAREABLE = frozenset(["float32", "float64", "int32", "int64", "uint8"])
_WORTH_SHARING = 2**20


def cast(array: np.ndarray[Any, Any], dtype: str | None, scale: float | None) -> np.ndarray[Any, Any]:
    """The array cast to `dtype`, then divided by `scale`, in one pass; either may be None."""
    if dtype is None and scale is None:
        return array
    wanted = np.dtype(dtype or array.dtype)
    result = np.frombuffer(aligned_bytes(array.size * wanted.itemsize), wanted).reshape(array.shape)
    if scale is None:
        result[...] = array
        return result
    np.divide(array, scale, out=result, dtype=wanted, casting="unsafe")
    return result


def tensor(array: np.ndarray[Any, Any], arrays: str) -> Any:
    """The array as a tensor of the framework named by `arrays`; "numpy", or a framework that is not loaded:
    as it is.

    PyTorch has no text tensors, so text stays an array there.
    """
    framework: Any = sys.modules.get(arrays)
    if arrays == "tensorflow" and framework is not None:
        return _constant(framework, array)
    if arrays == "torch" and framework is not None and array.dtype.kind not in "US":
        return framework.from_numpy(array)
    return array


def variable(array: np.ndarray[Any, Any], arrays: str) -> Any:
    """A trainable variable that starts as `array`: tf.Variable, or a torch tensor that requires a
    gradient."""
    framework: Any = sys.modules.get(arrays)
    if arrays == "tensorflow" and framework is not None:
        return framework.Variable(array)
    if arrays == "torch" and framework is not None:
        return framework.from_numpy(array).requires_grad_()
    return array


def assign(target: Any, values: list[np.ndarray[Any, Any]], arrays: str) -> None:
    """Give a list (tuple, dictionary) of variables, or a model, new values in order. Where an element of a
    list cannot be changed in place, such as a constant tensor, it is replaced."""
    if hasattr(target, "set_weights"):
        target.set_weights(values)
        return
    if hasattr(target, "parameters") and callable(target.parameters):
        target = list(target.parameters())
    keys = list(target) if isinstance(target, dict) else range(len(target))
    if len(keys) != len(values):
        raise ValueError(f"expected {len(values)} weights, found {len(keys)}")
    for key, value in zip(keys, values, strict=True):
        if not _assigned(target[key], value):
            target[key] = tensor(value, arrays)


def _assigned(variable: Any, value: np.ndarray[Any, Any]) -> bool:
    torch: Any = sys.modules.get("torch")
    if callable(getattr(variable, "assign", None)):
        variable.assign(value)
    elif torch is not None and isinstance(variable, torch.Tensor):
        with torch.no_grad():
            variable.copy_(torch.from_numpy(value))
    elif isinstance(variable, np.ndarray):
        variable[...] = value
    else:
        return False
    return True


def _constant(tensorflow: Any, array: np.ndarray[Any, Any]) -> Any:
    """tf.constant without its copy for large arrays: nobody else uses the memory that they arrived in.
    TensorFlow ends the process where shared memory is not aligned as it wants it."""
    aligned = array.ctypes.data % ALIGNMENT == 0 and array.flags.c_contiguous and array.flags.writeable
    if aligned and array.nbytes >= _WORTH_SHARING and array.dtype.name in _SHAREABLE:
        return tensorflow.experimental.dlpack.from_dlpack(array.__dlpack__())
    return tensorflow.constant(array)
