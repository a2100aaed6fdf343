"""What a student's function returned, as plain data. A stand-in plays PyTorch where it is absent."""

from __future__ import annotations

import enum
import sys
from collections import OrderedDict, namedtuple
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.remote import tensors
from autograder.remote.convert import NotData, TooMuch, to_data, type_name
from autograder.remote.encoding import decode, encode

Pair = namedtuple("Pair", "left right")


class Model:
    pass


class Variable:
    """Like a framework's variable: it can say its value, but is more than its value."""

    def numpy(self) -> Any:
        return np.arange(3.0)


PLAIN = [None, True, 3, 2.5, 1j, "text", b"bytes", [1, [2]], (1, (2,)), {"a": 1, 2: None}]


@pytest.mark.parametrize("mode", ["auto", "value"])
@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_are_data_in_every_mode(value: object, mode: str) -> None:
    assert to_data(value, mode) == value
    assert type(to_data(value, mode)) is type(value)


@pytest.mark.parametrize(
    "value", [Model(), Pair(1, 2), OrderedDict(a=1), Variable(), {1, 2}, range(3), Model, len]
)
def test_in_mode_auto_whatever_is_more_than_data_stays_with_all_that_holds_it(value: object) -> None:
    for whole in (value, [1, value], {"a": (value,)}):
        with pytest.raises(NotData) as stays:
            to_data(whole, "auto")
        assert stays.value.type_name == type(value).__name__


def test_in_mode_value_containers_and_variables_become_plain() -> None:
    assert to_data(Pair(1, 2), "value") == (1, 2)
    assert type(to_data(Pair(1, 2), "value")) is tuple
    assert type(to_data(OrderedDict(a=1), "value")) is dict
    assert to_data(range(3), "value") == (0, 1, 2)
    assert to_data([Variable()], "value")[0].tolist() == [0, 1, 2]
    for value in (Model(), {1, 2}, Variable, iter([])):
        with pytest.raises(NotData):
            to_data(value, "value")


def test_members_of_enumerations_become_their_values() -> None:
    assert type(to_data(enum.IntEnum("Color", "RED")(1), "auto")) is int
    assert type(to_data(enum.StrEnum("Word", "A")("a"), "auto")) is str


def test_arrays_become_exact_arrays_of_dtypes_that_cross() -> None:
    for value in (
        np.ma.masked_array([1.0], [True]),
        np.longdouble([1]),
        np.array(["ab", "c"], "O"),
    ):
        data = to_data(value, "auto")
        assert type(data) is np.ndarray
        decode(encode(data))
    ml_dtypes = pytest.importorskip("ml_dtypes")
    half = to_data(np.ones(2, ml_dtypes.bfloat16), "auto")
    assert (half.dtype, half.tolist()) == (np.float32, [1, 1])
    assert to_data(np.ones(2, ml_dtypes.int4), "auto").dtype == np.int8


def test_arrays_of_other_dtypes_stay() -> None:
    ends_in_zero = np.array([b"a\0"], dtype=object)
    mixed = np.array([b"a", "b"], dtype=object)
    for value in (np.array([Model()]), np.zeros(1, "i4,i4"), np.zeros(1, "M8[s]"), ends_in_zero, mixed):
        with pytest.raises(NotData):
            to_data(value, "auto")


def test_numpy_scalars_keep_their_dtype_and_text_becomes_text() -> None:
    assert to_data(np.float32(1), "auto").dtype == np.float32
    assert type(to_data(np.str_("a"), "auto")) is str
    assert to_data({np.int64(1): "a"}, "auto") == {1: "a"}


def test_keys_that_cannot_cross_keep_the_dictionary() -> None:
    for value in ({(1, 2): 3}, {2**70: 1}):
        with pytest.raises(NotData, match="dict"):
            to_data(value, "value")


def test_bounds() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for value in (endless, [0] * 500_000):
        with pytest.raises(TooMuch):
            to_data(value, "auto")


def test_type_names_come_from_the_type_itself() -> None:
    class Meta(type):
        @property
        def __name__(cls) -> str:  # type: ignore[override]
            raise ValueError

    class Nameless(metaclass=Meta):
        __module__ = "x" * 1000

    assert type_name(Nameless()) == "Nameless"


class Tensor:
    """As much of torch.Tensor as the conversion asks for."""

    def __init__(self, array: Any, requires_grad: bool = False, is_leaf: bool = True) -> None:
        self.array, self.requires_grad, self.is_leaf = np.asarray(array), requires_grad, is_leaf
        self.layout, self.dtype = "strided", "float32"

    def detach(self) -> Tensor:
        return self

    cpu = resolve_conj = resolve_neg = detach

    def numpy(self) -> Any:
        return self.array

    def requires_grad_(self) -> Tensor:
        self.requires_grad = True
        return self


def test_tensors_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = SimpleNamespace(Tensor=Tensor, strided="strided", bfloat16="bfloat16", from_numpy=Tensor)
    monkeypatch.setitem(sys.modules, "torch", torch)  # type: ignore[arg-type]
    assert to_data([Tensor([1.0])], "auto")[0].tolist() == [1]
    assert to_data(Tensor([1.0], requires_grad=True, is_leaf=False), "auto").tolist() == [1]
    with pytest.raises(NotData):  # a parameter, like a variable, is more than its value
        to_data([Tensor([1.0], requires_grad=True)], "auto")
    assert to_data([Tensor([1.0], requires_grad=True)], "value")[0].tolist() == [1]
    assert tensors.tensor(np.ones(2), "torch").array.tolist() == [1, 1]
    assert tensors.variable(np.ones(2), "torch").requires_grad
    assert tensors.tensor(np.array(["a"]), "torch").tolist() == ["a"]


def test_tensors_of_the_real_torch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; a stand-in is tested instead")
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(NotData):
        to_data([x], "auto")
    assert to_data(x * 2, "auto").tolist() == [2, 2]
    assert to_data([x, x.to(torch.bfloat16)], "value")[1].tolist() == [1, 1]
    weights = [tensors.variable(np.zeros(2, "float32"), "torch")]
    tensors.assign(weights, [np.ones(2, "float32")], "torch")
    assert weights[0].requires_grad
    assert weights[0].tolist() == [1, 1]
    model = torch.nn.Linear(2, 1)
    tensors.assign(model, [np.ones((1, 2), "float32"), np.zeros(1, "float32")], "torch")
    assert model(torch.ones(1, 2)).tolist() == [[2]]
