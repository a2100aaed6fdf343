"""What a student's function returned, as plain data. Runs in the student's process.

TensorFlow, Keras and PyTorch are looked up among the modules that are loaded already, never imported.

Modes:
    auto    plain values, arrays and tensors, and lists, tuples and dicts of only these, are data. Anything
    else, and a
            container that holds anything else, is not: variables, models, datasets, instances of a student's
            classes.
    value   variables and parameters become arrays too, ragged and sparse tensors become dense ones, and
    subclasses of
            the containers (named tuples, ordered dictionaries, tracked lists) become plain ones.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

MAX_DEPTH = 30
MAX_ELEMENTS = 450_000
_WIDENED = {"bfloat": "float32", "float8": "float32", "float6": "float32", "float4": "float32"}
_SMALL_INTEGERS = {"int2": "int8", "int4": "int8", "uint2": "uint8", "uint4": "uint8"}


class NotData(Exception):
    """The value, or something inside it, has to stay in this process. `type_name` says what it is."""

    def __init__(self, value: object) -> None:
        self.type_name = type_name(value)
        super().__init__(self.type_name)


class TooMuch(Exception):
    """The value is nested too deeply, or has too many members, to be one answer. The sentence says which."""


def type_name(value: object) -> str:
    """The name of a value's type, as a student would write it, at most 80 characters long."""
    return str(type.__dict__["__name__"].__get__(type(value)))[:80]


def to_data(value: object, mode: str) -> Any:
    """`value` as exact base types and NumPy arrays; raises `NotData` or `TooMuch`."""
    return _Conversion(values=mode == "value").convert(value, 1)


class _Conversion:
    def __init__(self, values: bool) -> None:
        self.values = values
        self.elements = 0

    def convert(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise TooMuch(f"it is nested more than {MAX_DEPTH} levels deep")
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise TooMuch(f"it holds more than {MAX_ELEMENTS} values; an array could hold them")
        kind = type(value)
        if value is None or kind in (bool, int, float, complex, str, bytes):
            return value
        if kind is list or (self.values and isinstance(value, list)):
            return [self.convert(member, depth + 1) for member in value]
        if kind is tuple or (self.values and isinstance(value, (tuple, range))):
            return tuple(self.convert(member, depth + 1) for member in value)
        if kind is dict or (self.values and isinstance(value, dict)):
            return {self._key(key, value): self.convert(member, depth + 1) for key, member in value.items()}
        return self._leaf(value)

    def _key(self, key: object, whole: object) -> object:
        if isinstance(key, np.generic):
            key = key.item()
        if key is None or type(key) in (bool, float, str, bytes):
            return key
        if type(key) is int and -(2**63) <= key < 2**64:
            return key
        raise NotData(whole)

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, (np.ndarray, np.generic)):
            return plain_array(value)
        plain = _base_value(value)
        if plain is not None:
            return plain
        tensor: Any = _tensorflow(value, self.values)
        if tensor is None:
            tensor = _torch(value, self.values)
        if tensor is None and self.values:
            tensor = _array_like(value)
        if tensor is None:
            raise NotData(value)
        return plain_array(tensor)


def _base_value(value: Any) -> Any:
    """An instance of a subclass of int, float, complex, str or bytes, such as a member of an IntEnum, as its
    base; None for anything else."""
    if isinstance(value, str):
        return str.__str__(value)
    bases: tuple[Any, ...] = (int, float, complex, bytes)
    for base in bases:
        if isinstance(value, base):
            return base(value)
    return None


def plain_array(value: Any) -> Any:
    """An array or NumPy scalar of a dtype that can cross: bfloat16 becomes float32, an array of bytes objects
    a fixed-width one. A string scalar becomes str or bytes; any other scalar stays one, with its dtype."""
    if isinstance(value, (np.str_, np.bytes_)):
        return value.item()
    array = np.asarray(value)
    kind, name = array.dtype.kind, array.dtype.name
    if kind in "biufcUS" and name not in ("float128", "complex256", "float96", "complex192"):
        return array if isinstance(value, np.ndarray) else value
    if kind == "f":
        return array.astype(np.float64)
    if kind == "c":
        return array.astype(np.complex128)
    for narrow, wide in _WIDENED.items():
        if name.startswith(narrow):
            return array.astype(wide)
    if name in _SMALL_INTEGERS:
        return array.astype(_SMALL_INTEGERS[name])
    if kind in "OT" and array.size and all(type(member) in (str, bytes) for member in array.flat):
        return _text(array, value)
    raise NotData(value)


def _text(array: np.ndarray[Any, Any], whole: object) -> Any:
    """Text of any length as NumPy's fixed-width text, which drops zeros at the end: where that would lose
    any, or where a few long ones would make the array explode, the value stays."""
    kinds = {type(member) for member in array.flat}
    longest = max(len(member) for member in array.flat)
    if (
        len(kinds) > 1
        or longest * array.size > 2**26
        or any(m and not m[-1:].strip("\0" if str in kinds else b"\0") for m in array.flat)
    ):
        raise NotData(whole)
    if array.ndim == 0:
        return array.item()
    return array.astype("U" if str in kinds else "S")


def _tensorflow(value: Any, values: bool) -> Any:
    tensorflow: Any = sys.modules.get("tensorflow")
    if tensorflow is None or not hasattr(tensorflow, "Tensor"):
        return None
    if isinstance(value, tensorflow.Tensor):
        return value.numpy() if hasattr(value, "numpy") else None
    if not values:
        return None
    if isinstance(value, tensorflow.RaggedTensor):
        return value.to_tensor().numpy()
    if isinstance(value, tensorflow.SparseTensor):
        return tensorflow.sparse.to_dense(value).numpy()
    if isinstance(value, tensorflow.IndexedSlices):
        return tensorflow.convert_to_tensor(value).numpy()
    return None


def _torch(value: Any, values: bool) -> Any:
    torch: Any = sys.modules.get("torch")
    kind: Any = getattr(torch, "Tensor", None)
    if kind is None or not isinstance(value, kind):
        return None
    if value.requires_grad and value.is_leaf and not values:
        return None  # a parameter: the counterpart of a variable
    tensor = value.detach().cpu()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    return tensor.resolve_conj().resolve_neg().numpy()


def _array_like(value: Any) -> Any:
    """Variables of TensorFlow and Keras, and whatever else can say what it is as an array."""
    convert = getattr(value, "numpy", None) or getattr(value, "__array__", None)
    if isinstance(value, type) or not callable(convert):
        return None
    return np.asarray(convert())
