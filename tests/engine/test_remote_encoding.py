"""Messages: what goes in comes out as exact base types, and hostile bytes are a `WireError`."""

from __future__ import annotations

import enum
import struct
from collections import namedtuple
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.remote.encoding import HandleRef, Limits, WireError, decode, encode, encode_parts

BASE_TYPES = (type(None), bool, int, float, complex, str, bytes, list, tuple, dict, np.ndarray, HandleRef)
quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(quick, max_examples=5_000)
SMALL = Limits(message=2**16, structure=2**14, elements=1000)

plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**4000), 2**4000)
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
keys = (
    st.none()
    | st.integers(-(2**63), 2**64 - 1)
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="<")
    | hnp.unsigned_integer_dtypes(endianness="<")
    | hnp.floating_dtypes(endianness="<", sizes=(16, 32, 64))
    | hnp.complex_number_dtypes(endianness="<", sizes=(64, 128))
    | hnp.byte_string_dtypes(min_len=1)
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
values = st.recursive(
    plain | arrays | st.builds(HandleRef, st.integers(0, 2**64 - 1), st.text("abc", max_size=9)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(map(same, left.values(), right.values()))
    if isinstance(left, (float, complex)):
        return repr(left) == repr(right)
    return bool(left == right)


def only_base_types(value: Any) -> bool:
    if type(value) in (list, tuple):
        return all(map(only_base_types, value))
    if type(value) is dict:
        return all(map(only_base_types, value)) and all(map(only_base_types, value.values()))
    return type(value) in BASE_TYPES and (type(value) is not np.ndarray or value.dtype.kind in "biufcUS")


@quick
@given(values)
def test_what_goes_in_comes_out(value: Any) -> None:
    assert same(decode(encode(value)), value)


def check_hostile(message: bytes) -> None:
    try:
        value = decode(message, SMALL)
    except WireError:
        return
    assert only_base_types(value)


def mutated(data: st.DataObject) -> bytes:
    message = bytearray(encode(data.draw(values)))
    for _ in range(data.draw(st.integers(1, 6))):
        where = data.draw(st.integers(0, len(message)))
        match data.draw(st.sampled_from(["change", "insert", "delete", "cut"])):
            case "change" if where < len(message):
                message[where] = data.draw(st.integers(0, 255))
            case "insert":
                message[where:where] = data.draw(st.binary(max_size=8))
            case "delete":
                del message[where : where + data.draw(st.integers(1, 8))]
            case "cut":
                del message[where:]
    return bytes(message)


@quick
@given(st.binary(max_size=200))
@example(b"")
@example(b"\x00\x00\x00\x00")
@example(b"\xff\xff\xff\xff")
def test_random_bytes_are_refused_or_plain(message: bytes) -> None:
    check_hostile(message)


@quick
@given(st.binary(max_size=120))
def test_random_structures_are_refused_or_plain(structure: bytes) -> None:
    check_hostile(struct.pack("<I", len(structure)) + structure)


@quick
@given(st.data())
def test_mutated_messages_are_refused_or_plain(data: st.DataObject) -> None:
    check_hostile(mutated(data))


@pytest.mark.full
@thorough
@given(st.data())
def test_mutated_messages_at_full_scale(data: st.DataObject) -> None:
    check_hostile(mutated(data))


@pytest.mark.full
@thorough
@given(st.binary(max_size=300))
def test_random_structures_at_full_scale(structure: bytes) -> None:
    check_hostile(struct.pack("<I", len(structure)) + structure)


def message(structure: bytes, rest: bytes = b"") -> bytes:
    return struct.pack("<I", len(structure)) + structure + rest


def array_header(name: bytes, *shape: int, dimensions: int | None = None) -> bytes:
    count = len(shape) if dimensions is None else dimensions
    return bytes([len(name)]) + name + bytes([count]) + struct.pack(f"<{len(shape)}Q", *shape)


def array_message(name: bytes, *shape: int, data: bytes = b"") -> bytes:
    structure = msgpack.packb(msgpack.ExtType(1, array_header(name, *shape)))
    padding = bytes(-(4 + len(structure)) % 64)
    return message(structure, padding + data)


HOSTILE = {
    "too short": b"\x01\x00",
    "structure longer than the message": struct.pack("<I", 1000) + b"\xc0",
    "structure longer than allowed": struct.pack("<I", 2**31) + b"\xc0",
    "bytes after the value": message(b"\xc0\xc0"),
    "bytes after the structure": message(b"\xc0", b"more"),
    "four thousand million members": message(b"\xdd\xff\xff\xff\xff"),
    "four thousand million pairs": message(b"\xdf\xff\xff\xff\xff"),
    "text of four gigabytes": message(b"\xdb\xff\xff\xff\xff"),
    "lists in lists": message(b"\x91" * 40 + b"\xc0"),
    "lists in lists, far": message(b"\x91" * 10_000 + b"\xc0"),
    "unknown extension": message(msgpack.packb(msgpack.ExtType(77, b""))),
    "broken text": message(b"\xa1\xff"),
    "surrogates": message(b"\xa3\xed\xa0\x80"),
    "a key twice": message(b"\x82\xa1a\xc0\xa1a\xc0"),
    "a list as key": message(b"\x81\x90\xc0"),
    "a tuple as key": message(b"\x81" + msgpack.packb(msgpack.ExtType(2, b"\x90")) + b"\xc0"),
    "a float's twin as key": message(b"\x82\x01\xc0\xc3\xc0"),
    "a tuple that is none": message(msgpack.packb(msgpack.ExtType(2, b"\xc0"))),
    "a short integer extension": message(msgpack.packb(msgpack.ExtType(3, b"\x01"))),
    "an integer of a megabyte": message(msgpack.packb(msgpack.ExtType(3, b"\x01" * 2**20))),
    "half a complex number": message(msgpack.packb(msgpack.ExtType(4, b"\x01" * 8))),
    "a reference without a number": message(msgpack.packb(msgpack.ExtType(5, b"\x01"))),
    "objects": array_message(b"|O", 1, data=b"\0" * 8),
    "void": array_message(b"|V8", 1, data=b"\0" * 8),
    "dates": array_message(b"<M8[s]", 1, data=b"\0" * 8),
    "fields": array_message(b"i4,i4", 1, data=b"\0" * 8),
    "big-endian": array_message(b">f4", 1, data=b"\0" * 4),
    "a dtype by its nickname": array_message(b"f4", 1, data=b"\0" * 4),
    "text of no length": array_message(b"<U0", 1),
    "long text": array_message(b"<U99999999", 1),
    "array longer than the message": array_message(b"<f4", 1000, data=b"\0" * 8),
    "array shorter than the message": array_message(b"<f4", 1, data=b"\0" * 8),
    "product that overflows": array_message(b"<f4", 2**33, 2**33),
    "shape that overflows": array_message(b"<f4", 2**64 - 1),
    "empty of an impossible shape": array_message(b"<f4", 0, 2**62),
    "many dimensions": array_message(b"<f4", *[1] * 17, data=b"\0" * 4),
    "dimensions that are not there": message(
        msgpack.packb(msgpack.ExtType(1, array_header(b"<f4", 1, dimensions=2))), b"\0" * 64
    ),
    "no header": message(msgpack.packb(msgpack.ExtType(1, b""))),
    "booleans of 2": array_message(b"|b1", 2, data=b"\x01\x02"),
    "characters that do not exist": array_message(b"<U1", 1, data=struct.pack("<I", 0x110000)),
    "half a character": array_message(b"<U1", 1, data=struct.pack("<I", 0xD800)),
    "data in the padding": message(
        msgpack.packb(msgpack.ExtType(1, array_header(b"|u1", 1))), b"\x01" * (-(4 + 16) % 64 + 1)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages(name: str) -> None:
    with pytest.raises(WireError):
        decode(HOSTILE[name])


def test_the_hostile_arrays_are_refused_for_what_is_wrong_with_them() -> None:
    assert decode(array_message(b"<f4", 2, data=b"\0" * 8)).tolist() == [0, 0]
    assert decode(array_message(b"|b1", 2, data=b"\0\1")).tolist() == [False, True]


def test_tuples_in_tuples() -> None:
    structure = b"\x90"
    for _ in range(40):
        structure = msgpack.packb(msgpack.ExtType(2, b"\x91" + structure))
    with pytest.raises(WireError, match="tuples are nested"):
        decode(message(structure))


def test_a_time_stamp_of_msgpack_is_a_number() -> None:
    assert type(decode(message(msgpack.packb(msgpack.Timestamp(1, 0))))) is float


@pytest.mark.parametrize("filler", [b"\x90", b"\x80", b"\xc0", b"\xd4\x02\x90"])
def test_many_members_are_counted(filler: bytes) -> None:
    members = b"\xdd" + struct.pack(">I", 900) + filler * 900
    structure = b"\x92" + members + members
    with pytest.raises(WireError):
        decode(message(structure), Limits(elements=1000))


def test_few_keys_are_numbers() -> None:
    """Numbers hash as themselves: with keys made for it, building a dictionary takes time with its size squared."""
    limits = Limits(number_keys=100)
    for number in (int, float):
        allowed = [{number(key): None for key in range(50)}, {number(key): None for key in range(50)}]
        assert decode(encode(allowed, limits), limits) == allowed
        with pytest.raises(WireError, match="numbers as keys"):
            decode(encode([*allowed, {number(1): None}]), limits)
        with pytest.raises(WireError, match="numbers as keys"):
            encode([*allowed, {number(1): None}], limits)
    words = {f"word {number}": number for number in range(100_000)}
    assert decode(encode(words)) == words


def test_limits_hold_on_the_way_out_too() -> None:
    with pytest.raises(WireError, match="more than the 1000"):
        encode_parts(np.zeros(2000, "uint8"), Limits(message=1000))
    with pytest.raises(WireError, match="plain data"):
        encode("x" * 2000, Limits(structure=1000))
    with pytest.raises(WireError, match="more than 1000 values"):
        encode([0] * 1001, Limits(elements=1000))
    with pytest.raises(WireError, match="integer"):
        encode(2**5000)


def test_nesting_that_has_no_end() -> None:
    endless: list[Any] = []
    endless.append(endless)
    wide: list[Any] = []
    wide.extend([wide, wide])
    for value in (endless, wide):
        with pytest.raises(WireError):
            encode(value)


class Friendly(np.ndarray[Any, Any]):
    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return True


class Text(str):
    __slots__ = ()


Pair = namedtuple("Pair", "left right")


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        Text("a"),
        enum.IntEnum("Color", "RED")(1),
        Pair(1, 2),
        np.zeros(2).view(Friendly),
        np.array([object()]),
        np.zeros(1, "datetime64[s]"),
        np.zeros(1, "i4,i4"),
        {(1, 2): 3},
        {2**70: 1},
        "\ud800",
    ],
    ids=repr,
)
def test_what_cannot_cross(value: object) -> None:
    with pytest.raises(WireError):
        encode(value)


def test_large_arrays_are_not_copied() -> None:
    array = np.zeros(2**20, "uint8")
    parts = encode_parts([array])
    assert any(
        np.shares_memory(np.frombuffer(part, "uint8"), array) for part in parts if len(part) == array.size
    )
    received = np.frombuffer(b"".join(parts), "uint8").copy()
    decoded = decode(received.data)[0]
    assert np.shares_memory(decoded, received)
    assert decoded.flags.writeable


def test_arrays_of_one_message_do_not_overlap() -> None:
    first, second = decode(bytearray(encode([np.zeros(10), np.zeros(10)])))
    first[:] = 1
    assert second.sum() == 0


def test_arrays_that_lie_otherwise_in_memory_arrive_in_order() -> None:
    array = np.arange(12.0).reshape(3, 4)
    for value in (array.T, array[::2, ::-1], array.astype(">f8"), np.asfortranarray(array), np.float64(3)):
        decoded = decode(encode(value))
        np.testing.assert_array_equal(decoded, value)
        assert decoded.dtype.str == "<f8"


def test_text_arrays() -> None:
    for value in (np.array(["ä", "bcd"]), np.array([b"x", b"yz"]), np.array("scalar")):
        assert same(decode(encode(value)), value)
    assert decode(encode(np.zeros(2, "<U0"))).tolist() == ["", ""]


def test_handles_are_given_to_the_receiver() -> None:
    assert decode(encode([HandleRef(7, "Model")]), handle=lambda reference: reference.number) == [7]
