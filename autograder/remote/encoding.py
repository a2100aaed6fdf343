"""Plain data as bytes and back: typed, bounded, and never more than base types.

A message is a structure part in msgpack, followed by the bytes of its arrays in the order in which the
structure names them, so that a large array is neither copied into the structure nor copied out of it:

    u32 length of the structure | structure | padding to 64 | array | padding to 64 | array ...

What can cross: None, bool, int (up to 4096 bits), float, complex, str, bytes, list, tuple, dict with plain
keys, NumPy arrays of bool, integer, float, complex and string dtypes, and references to objects that stay
where they are. A NumPy scalar crosses as an array without dimensions, so its dtype survives.

`decode` builds exact base types only: no subclass, no object array, no structured dtype, no pickle. It is
meant to be fed with hostile bytes and answers them with `WireError`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

Part = bytes | memoryview

ALIGNMENT = 64
MAX_INT_BYTES = 512
_ARRAY, _TUPLE, _INT, _COMPLEX, _HANDLE = 1, 2, 3, 4, 5
_NUMBERS = frozenset(
    ["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"]
)
_STRINGS = re.compile(r"(?:<U|\|S)([1-9][0-9]{0,6})")
_KEY_TYPES = (str, bytes, int, float, bool, type(None))
_LAST_CODE_POINT, _SURROGATES = 0x10FFFF, (0xD800, 0xDFFF)


class WireError(Exception):
    """Bytes that are no message, or a value that cannot become one. The sentence says which."""


@dataclass(frozen=True)
class Limits:
    """How much one message may hold. Lengths are in bytes; `elements` counts the members of all
    containers."""

    message: int = 256 * 2**20
    structure: int = 8 * 2**20
    elements: int = 500_000
    depth: int = 32
    dimensions: int = 16
    # Text as a key is hashed with a secret, a number as itself: made for it, 350,000 of them take minutes to build.
    number_keys: int = 20_000


@dataclass(frozen=True)
class HandleRef:
    """Stands for an object that stays in the student's process. `type_name` is what that process says it
    is."""

    number: int
    type_name: str = "object"


LIMITS = Limits()


def encode(value: object, limits: Limits = LIMITS, other: Callable[[object], object] | None = None) -> bytes:
    """The message for `value` as one piece. See `encode_parts`."""
    return b"".join(encode_parts(value, limits, other))


def encode_parts(
    value: object, limits: Limits = LIMITS, other: Callable[[object], object] | None = None
) -> list[Part]:
    """The message for `value` in pieces that follow each other; arrays are not copied where they are
    contiguous.

    Only exact base types are accepted. `other` turns anything else, NumPy scalars included, into a base value
    or a `HandleRef`; without it, and where it returns its argument, there is a `WireError`.
    """
    arrays: list[np.ndarray[Any, Any]] = []

    def extension(item: object) -> object:
        kind = type(item)
        if kind is np.ndarray or (isinstance(item, np.generic) and other is None):
            return _array_extension(np.asarray(item), arrays, limits)
        if kind is tuple:
            return msgpack.ExtType(_TUPLE, packer(list(item)))  # type: ignore[call-overload]
        if kind is complex:
            return msgpack.ExtType(_COMPLEX, struct.pack("<dd", item.real, item.imag))  # type: ignore[attr-defined]
        if kind is int:
            return msgpack.ExtType(_INT, _int_bytes(item))  # type: ignore[arg-type]
        if isinstance(item, HandleRef):
            return msgpack.ExtType(_HANDLE, struct.pack("<Q", item.number) + item.type_name.encode()[:200])
        replaced = other(item) if other is not None else item
        if replaced is item:
            raise WireError(f"a value of type {kind.__name__} cannot cross the wire")
        final = isinstance(replaced, (tuple, complex, np.ndarray, HandleRef))
        return extension(replaced) if final else replaced

    def packer(item: object) -> bytes:
        packed: bytes = msgpack.packb(item, default=extension, strict_types=True, use_bin_type=True)
        return packed

    _check_containers(value, limits)
    try:
        structure = packer(value)
    except (ValueError, TypeError, OverflowError, RecursionError, UnicodeError) as error:
        raise WireError(f"this value cannot cross the wire: {error}") from error
    if len(structure) > limits.structure:
        raise WireError(f"{len(structure)} bytes of plain data are more than the {limits.structure} allowed")
    return _lay_out(structure, arrays, limits)


def decode(
    message: bytes | bytearray | memoryview,
    limits: Limits = LIMITS,
    handle: Callable[[HandleRef], object] | None = None,
) -> Any:
    """The value of a message; raises `WireError` for whatever is not exactly one well-formed message.

    Arrays are views into `message`: writable where it is, kept alive by the array. `handle` says what stands
    for a reference to an object, and must not give a container; without it the `HandleRef` itself does.
    """
    view = memoryview(message).cast("B")
    if len(view) > limits.message:
        raise WireError(f"a message of {len(view)} bytes is longer than the {limits.message} allowed")
    if len(view) < 4:
        raise WireError("a message of fewer than 4 bytes")
    (length,) = struct.unpack_from("<I", view)
    if length > limits.structure:
        raise WireError(f"{length} bytes of plain data are more than the {limits.structure} allowed")
    if 4 + length > len(view):
        raise WireError("the message ends before its structure does")
    reader = _Reader(view, 4 + length, limits, handle)
    value = reader.unpack(view[4 : 4 + length])
    if reader.offset != len(view):
        raise WireError("the message is longer than what it describes")
    _check_containers(value, limits)
    return value


def aligned_bytes(length: int) -> memoryview:
    """New memory of `length` bytes that begins at a multiple of ALIGNMENT. It costs nothing until it is
    touched."""
    memory = np.empty(length + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + length].data


class _Reader:
    """One decoding: where the next array's bytes begin, and how deep tuples are nested in each other."""

    def __init__(
        self, view: memoryview, offset: int, limits: Limits, handle: Callable[[HandleRef], object] | None
    ) -> None:
        self.view = view
        self.offset = offset
        self.limits = limits
        self.handle = handle
        self.nested = 0
        self.count = 0
        self.number_keys = 0

    def unpack(self, packed: memoryview | bytes) -> object:
        members = min(len(packed), self.limits.elements)
        self.nested += 1
        if self.nested > self.limits.depth:
            raise WireError(f"tuples are nested more than {self.limits.depth} deep")
        try:
            value: object = msgpack.unpackb(
                packed,
                raw=False,
                strict_map_key=False,
                timestamp=1,  # a float, never msgpack's own Timestamp object
                ext_hook=self.extension,
                list_hook=self.members,
                object_pairs_hook=self.dictionary,
                max_array_len=members,
                max_map_len=members,
            )
        except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
            raise WireError(f"not a well-formed message: {type(error).__name__}") from error
        self.nested -= 1
        return value

    def members(self, members: list[Any]) -> list[Any]:
        """Counted while the message is read, so that a short one cannot become millions of objects. A
        container counts here up to three times: as a member, as itself, as an extension; the exact count
        follows."""
        self.count += 1 + len(members)
        if self.count > 3 * self.limits.elements:
            raise _too_many(self.limits)
        return members

    def dictionary(self, pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
        """Its keys are checked before it is built: they must not be able to collide by design."""
        self.members(pairs)
        keys = [key for key, _ in pairs]
        for key in keys:
            _check_key(key)
        self.number_keys = _counted_number_keys(self.number_keys, keys, self.limits)
        built = dict(pairs)
        if len(built) != len(pairs):
            raise WireError("a dictionary that names a key twice")
        return built

    def extension(self, code: int, data: bytes) -> object:
        self.members([])
        if code == _ARRAY:
            return self.array(data)
        if code == _TUPLE:
            members = self.unpack(data)
            if type(members) is not list:
                raise WireError("a tuple without members")
            return tuple(members)
        if code == _INT:
            if not 8 <= len(data) <= MAX_INT_BYTES:
                raise WireError(f"an integer of {len(data)} bytes")
            return int.from_bytes(data, "little", signed=True)
        if code == _COMPLEX:
            if len(data) != 16:
                raise WireError("a complex number that is not two floats")
            return complex(*struct.unpack("<dd", data))
        if code == _HANDLE:
            return self.reference(data)
        raise WireError(f"an extension of unknown type {code}")

    def reference(self, data: bytes) -> object:
        if not 8 <= len(data) <= 208:
            raise WireError("a reference of the wrong length")
        reference = HandleRef(struct.unpack_from("<Q", data)[0], data[8:].decode(errors="replace"))
        return reference if self.handle is None else self.handle(reference)

    def array(self, data: bytes) -> np.ndarray[Any, Any]:
        dtype, shape = _array_header(data, self.limits)
        count = 1
        for size in shape:
            count *= size
        size_in_bytes = count * dtype.itemsize
        start = _aligned(self.offset)
        if start + size_in_bytes > len(self.view):
            raise WireError("an array is larger than the message that holds it")
        if any(self.view[self.offset : start]):
            raise WireError("bytes between two arrays that belong to none")
        self.offset = start + size_in_bytes
        if not count:
            return np.empty(shape, dtype)
        array = np.frombuffer(self.view, dtype, count, start)
        _check_contents(array)
        return array.reshape(shape)


def _lay_out(structure: bytes, arrays: list[np.ndarray[Any, Any]], limits: Limits) -> list[Part]:
    parts: list[Part] = [struct.pack("<I", len(structure)), structure]
    offset = 4 + len(structure)
    for array in arrays:
        padding = _aligned(offset) - offset
        if padding:
            parts.append(bytes(padding))
        if array.nbytes:
            parts.append(array.reshape(-1).view(np.uint8).data)
        offset += padding + array.nbytes
    if offset > limits.message:
        raise WireError(f"{offset} bytes are more than the {limits.message} that one message may hold")
    return parts


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _int_bytes(number: int) -> bytes:
    data = number.to_bytes((number.bit_length() + 8) // 8, "little", signed=True)
    if len(data) > MAX_INT_BYTES:
        raise WireError(f"an integer of {len(data)} bytes is more than the {MAX_INT_BYTES} allowed")
    return data


def _array_extension(array: np.ndarray[Any, Any], arrays: list[np.ndarray[Any, Any]], limits: Limits) -> Any:
    """Array extension: length of the dtype's name, the name, number of dimensions, each as a u64."""
    if array.dtype.kind in "US" and array.dtype.itemsize == 0:
        array = array.astype(array.dtype.kind + "1")
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    name = array.dtype.str
    if name not in _NUMBERS and not _STRINGS.fullmatch(name):
        raise WireError(f"an array of dtype {array.dtype.name} cannot cross the wire")
    if array.ndim > limits.dimensions:
        raise WireError(f"an array of {array.ndim} dimensions has more than the {limits.dimensions} allowed")
    arrays.append(array)
    header = (
        struct.pack("<B", len(name))
        + name.encode()
        + struct.pack(f"<B{array.ndim}Q", array.ndim, *array.shape)
    )
    return msgpack.ExtType(_ARRAY, header)


def _array_header(data: bytes, limits: Limits) -> tuple[np.dtype[Any], tuple[int, ...]]:
    try:
        length = data[0]
        name = data[1 : 1 + length].decode("ascii")
        dimensions = data[1 + length]
        shape: tuple[int, ...] = struct.unpack(f"<{dimensions}Q", data[2 + length :])
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise WireError("an array without a proper header") from error
    if name not in _NUMBERS and not _STRINGS.fullmatch(name):
        raise WireError("an array of a dtype that cannot cross the wire")
    if dimensions > limits.dimensions:
        raise WireError(f"an array of {dimensions} dimensions has more than the {limits.dimensions} allowed")
    dtype = np.dtype(name)
    extent = dtype.itemsize
    for size in shape:
        extent *= max(size, 1)
    if extent > 2**40:  # also of an array without elements: NumPy refuses shapes that cannot be addressed
        raise WireError("an array of an impossible shape")
    return dtype, shape


def _check_contents(array: np.ndarray[Any, Any]) -> None:
    """Refuse bytes that NumPy would take for booleans or characters that do not exist."""
    if array.dtype.kind == "b" and array.view(np.uint8).max() > 1:
        raise WireError("an array of booleans with other values than 0 and 1")
    if array.dtype.kind == "U":
        points = array.view(np.uint32)
        low, high = _SURROGATES
        if points.max() > _LAST_CODE_POINT or bool(((points >= low) & (points <= high)).any()):
            raise WireError("an array of text with characters that do not exist")


def _check_key(key: object) -> None:
    if type(key) not in _KEY_TYPES or (type(key) is int and not -(2**63) <= key < 2**64):
        raise WireError(
            "a dictionary's keys must be text, bytes, numbers of at most 64 bits, booleans or None"
        )


def _counted_number_keys(before: int, keys: Iterable[object], limits: Limits) -> int:
    count = before + sum(type(key) in (int, float) for key in keys)
    if count > limits.number_keys:
        raise WireError(f"more than {limits.number_keys} numbers as keys in one message; use arrays or text")
    return count


def _check_containers(value: object, limits: Limits) -> None:
    """Depth, number of members and keys of nested containers, without recursion."""
    count, number_keys, waiting = 1, 0, [(value, 1)]
    while waiting:
        container, depth = waiting.pop()
        kind = type(container)
        if kind is dict:
            for key in container:  # type: ignore[attr-defined]
                _check_key(key)
            number_keys = _counted_number_keys(number_keys, container, limits)  # type: ignore[arg-type]
            members = container.values()  # type: ignore[attr-defined]
        elif kind is list or kind is tuple:
            members = container
        else:
            continue
        if depth > limits.depth:
            raise WireError(f"containers are nested more than {limits.depth} deep")
        count += len(members)
        if count > limits.elements:
            raise _too_many(limits)
        waiting.extend((member, depth + 1) for member in members if type(member) in (list, tuple, dict))


def _too_many(limits: Limits) -> WireError:
    return WireError(f"more than {limits.elements} values in one message; use arrays for large data")
