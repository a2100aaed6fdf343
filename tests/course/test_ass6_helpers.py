"""What assignment 6 runs in a student's process: weights behind any handle, training through any code."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow")

INSIDE = Path(__file__).parents[1] / "hidden" / "ass6" / "ass6_inside.py"
TOKENS = np.array([[1, 2, 3], [3, 1, 0]], np.int32)


def inside(predict: Callable[[Any, Any], Any]) -> dict[str, Any]:
    """The names of the grader's code, beside a student's `predict`."""
    names: dict[str, Any] = {"predict": predict}
    exec(compile(INSIDE.read_text(encoding="utf-8"), str(INSIDE), "exec"), names)
    return names


def model() -> Any:
    layers = [
        tf.keras.layers.Embedding(4, 3, mask_zero=True),
        tf.keras.layers.GRU(2),
        tf.keras.layers.Dense(1),
    ]
    return tf.keras.Sequential([tf.keras.Input([None], dtype="int32"), *layers])


def as_numpy(handle: Any, tokens: Any) -> np.ndarray:
    return handle["model"](tokens, training=False).numpy()[:, 0]


def test_weights_are_found_where_predict_returns_numpy_arrays() -> None:
    handle = {"model": model()}
    weights = inside(as_numpy)["_found_weights"](handle, TOKENS)
    shapes = sorted(w.shape for w in weights.values())
    assert shapes == sorted(w.shape for w in handle["model"].get_weights())
    before = as_numpy(handle, TOKENS)
    weights.assign([3.0 * w for w in weights.values()])
    assert not np.allclose(as_numpy(handle, TOKENS), before)


def test_weights_are_found_in_arrays_and_tensors_of_any_container() -> None:
    class Net:
        def __init__(self) -> None:
            self.table = np.ones([4, 3], np.float32)
            self.parts = [{"w": tf.ones([3, 1])}, (7, [np.zeros(2, np.float32)])]

    def predict(net: Net, tokens: Any) -> Any:
        return (net.table[np.asarray(tokens)].sum(axis=1) @ np.asarray(net.parts[0]["w"]))[:, 0] + net.parts[
            1
        ][1][0][0]

    net = Net()
    weights = inside(predict)["_found_weights"](net, TOKENS)
    assert sorted(w.size for w in weights.values()) == [2, 3, 12]
    weights.assign([2.0 * w for w in weights.values()])
    assert predict(net, TOKENS)[0] == pytest.approx(4 * 3 * 3)


class Slotted:
    __slots__ = ("w",)

    def __init__(self, w: Any) -> None:
        self.w = w


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: Any


class Pair(NamedTuple):
    name: str
    w: Any


def in_a_closure(w: Any) -> Any:
    return lambda: w


def in_a_default(w: Any) -> Any:
    def give(w: Any = w) -> Any:
        return w

    return give


KEPT_IN = {
    "closure": (in_a_closure, lambda kept: kept()),
    "default": (in_a_default, lambda kept: kept()),
    "partial": (lambda w: functools.partial(dict, {"w": w}), lambda kept: kept()["w"]),
    "bound method": (lambda w: {"w": w}.get, lambda kept: kept("w")),
    "method of an object": (lambda w: Slotted(w).__getattribute__, lambda kept: kept("w")),
    "slots": (Slotted, lambda kept: kept.w),
    "frozen dataclass": (Frozen, lambda kept: kept.w),
    "named tuple": (lambda w: [Pair("w", w)], lambda kept: kept[0].w),
    "tuples": (lambda w: {"all": (1, (w,))}, lambda kept: kept["all"][1][0]),
    "set": (lambda w: {in_a_closure(w)}, lambda kept: next(iter(kept))()),
    "array of objects": (lambda w: np.array([{"w": w}, None], object), lambda kept: kept[0]["w"]),
    "two places": (lambda w: {"a": w, "b": [w]}, lambda kept: (kept["a"] + kept["b"][0]) / 2),
    "nested": (lambda w: [in_a_closure({"x": Frozen((0, w))})], lambda kept: kept[0]()["x"].w[1]),
}


@pytest.mark.parametrize("made", [lambda w: w, tf.constant], ids=["array", "tensor"])
@pytest.mark.parametrize(("keep", "give"), KEPT_IN.values(), ids=KEPT_IN)
def test_weights_are_found_wherever_a_handle_keeps_them(keep: Any, give: Any, made: Any) -> None:
    def predict(handle: Any, tokens: Any) -> Any:
        return np.asarray(give(handle))[np.asarray(tokens)].sum(axis=(1, 2))

    handle = keep(made(np.ones([4, 3], np.float32)))
    weights = inside(predict)["_found_weights"](handle, TOKENS)
    assert [w.shape for w in weights.values()] == [(4, 3)]
    weights.assign([2.0 * w for w in weights.values()])
    assert predict(handle, TOKENS)[0] == pytest.approx(2 * 3 * 3)


NETWORKS_IN_A_LIST = """
NETWORKS = [Net(np.ones([4, 3], "float32")), Net(np.zeros([4, 3], "float32"))]

def predict(handle, tokens):
    return NETWORKS[handle].w[np.asarray(tokens)].sum(axis=(1, 2))
"""


def test_weights_are_found_behind_a_number_and_those_of_other_networks_are_not() -> None:
    names: dict[str, Any] = {"np": np, "Net": Slotted}
    exec(NETWORKS_IN_A_LIST, names)
    exec(compile(INSIDE.read_text(encoding="utf-8"), str(INSIDE), "exec"), names)
    found = names["_found_weights"](0, TOKENS).values()
    assert len(found) == 1
    assert (found[0] == 1).all()


def test_only_arrays_that_predict_uses_are_weights() -> None:
    handle = {"used": np.ones(4, np.float32), "idle": np.ones([5, 5], np.float32)}

    def predict(handle: Any, tokens: Any) -> Any:
        return handle["used"][np.asarray(tokens)].sum(axis=1)

    assert [w.shape for w in inside(predict)["_found_weights"](handle, TOKENS).values()] == [(4,)]


def test_nothing_is_found_where_a_part_could_not_be_replaced() -> None:
    handle = (tf.ones([4, 3]), np.ones(3, np.float32))

    def predict(handle: Any, tokens: Any) -> Any:
        return (tf.gather(handle[0], tokens).numpy().sum(axis=1) * handle[1]).sum(axis=1)

    assert inside(predict)["_found_weights"](handle, TOKENS).values() == []


def graph(handle: Any, tokens: Any) -> Any:
    return tf.reshape(handle["model"](tokens), [-1])


def eager_only(handle: Any, tokens: Any) -> Any:
    return graph(handle, tokens[:, : int(tf.reduce_max(tf.reduce_sum(tf.cast(tokens > 0, tf.int32), 1)))])


@pytest.mark.parametrize("predict", [graph, as_numpy, eager_only])
def test_training_goes_through_predict_or_through_the_model_behind_it(
    predict: Callable[[Any, Any], Any],
) -> None:
    tokens = np.tile(np.array([[1, 1, 0, 0], [2, 2, 0, 0]], np.int32), (8, 1))
    labels = np.tile(np.array([0, 1], np.int32), 8)
    handle = {"model": model()}
    training = inside(predict)["_training"](handle, tokens, labels, 8, 0.05, 1)
    assert training.ready, training.refused
    training.steps(60)
    assert ((np.asarray(predict(handle, tf.constant(tokens))) > 0) == labels).all()


def test_without_gradients_there_is_no_training() -> None:
    table = np.ones(4, np.float32)

    def predict(handle: Any, tokens: Any) -> np.ndarray:
        return table[np.asarray(tokens)].sum(axis=1)

    assert not inside(predict)["_training"]({}, TOKENS, np.array([0, 1]), 2, 0.1, 1).ready


def test_batches_of_many_calls_all_differ_and_keep_their_padding() -> None:
    seen: list[np.ndarray] = []

    def predict(handle: Any, tokens: Any) -> Any:
        seen.append(np.asarray(tokens))
        return tf.zeros([len(tokens)])

    found = inside(predict)["_predict_many"]({}, tf.constant(TOKENS), 3, 5)
    assert found.shape == (3, 2)
    assert len({batch.tobytes() for batch in seen}) == 3
    assert all(((batch > 0) == (TOKENS > 0)).all() and batch.max() <= TOKENS.max() for batch in seen)
