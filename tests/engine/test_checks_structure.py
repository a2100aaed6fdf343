import numpy as np
import pytest

from autograder.checks.structure import (
    KERAS_DESCRIPTION,
    check_parameter_table,
    convolution_parameters,
    dense_parameters,
    layer_graph,
    mask_lost,
    parameter_count,
)

WEIGHTS = [np.zeros((3, 3, 1, 8)), np.zeros(8), np.zeros((128, 10)), np.zeros(10)]


def table(*counts):
    return {"name": [f"l{i}" for i in range(len(counts))], "kind": ["x"] * len(counts), "count": list(counts)}


def test_counts():
    assert (
        parameter_count(WEIGHTS)
        == convolution_parameters(3, 3, 1, 8) + dense_parameters(128, 10)
        == 80 + 1290
    )
    assert dense_parameters(4, 2, bias=False) == 8


@pytest.mark.parametrize(
    ("given", "ok", "words"),
    [
        (table(80, 1290), True, "1370"),
        (table(0, 80, 0, 1290), True, "1370"),
        (table(np.int64(80), np.int32(1290)), True, "1370"),
        (table(72, 8, 1280, 10), True, "1370"),
        (table(72, 1280), False, "biases are missing"),
        (table(8, 10), False, "units"),
        (table(1290, 80), False, "not those of the layers"),
        (table(80, 1291), False, "adds up to 1371"),
        (table(True, 1369), False, "whole numbers"),
        (table(80.0, 1290.0), False, "whole numbers"),
        (table(-80, 1450), False, "whole numbers"),
        ({"name": ["a"], "kind": ["b", "c"], "count": [80, 1290]}, False, "differ in length"),
        ({"count": [80, 1290]}, False, "differ in length"),
        ({"name": [], "kind": []}, False, "columns"),
        (None, False, "columns"),
        ([80, 1290], False, "columns"),
    ],
)
def test_parameter_tables(given, ok, words):
    result = check_parameter_table(given, WEIGHTS)
    assert result.ok is ok
    assert words in result.sentence


def test_a_graph_with_a_branch_and_a_merge():
    graph = layer_graph(
        [
            {"name": "sum", "kind": "Add", "inputs": ["conv", "in"]},
            {"name": "in", "kind": "Input", "inputs": []},
            {"name": "conv", "kind": "Conv2D", "inputs": ["in"]},
            {"name": "lost", "kind": "Dense", "inputs": []},
        ]
    )
    assert graph.ok
    assert graph.order.index("in") < graph.order.index("conv") < graph.order.index("sum")
    assert graph.depth == 3
    assert graph.branches == ("in",)
    assert graph.merges == ("sum",)
    assert graph.isolated == ("lost",)


@pytest.mark.parametrize(
    "description",
    [
        None,
        [],
        [1],
        [{"name": 3}],
        [{"name": "a", "inputs": "b"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": "a", "inputs": ["b"]}, {"name": "b", "inputs": ["a"]}],
        [{"name": "a", "inputs": ["a"]}],
    ],
)
def test_descriptions_that_are_none(description):
    assert not layer_graph(description).ok


def test_inputs_that_are_not_described_are_left_out():
    assert layer_graph([{"name": "a", "inputs": ["outside", 3]}]).edges == ()


def test_where_a_mask_is_lost():
    assert mask_lost([("embedding", True), ("dropout", True), ("conv", False), ("mean", False)]) == "conv"
    assert mask_lost([("embedding", False), ("mean", False)]) is None
    assert mask_lost([]) is None


def test_keras_describes_itself():
    keras = pytest.importorskip("keras")
    namespace = {}
    exec(KERAS_DESCRIPTION, namespace)
    entry = keras.Input((8, 8, 3))
    first = keras.layers.Conv2D(4, 3, padding="same", name="first")(entry)
    joined = keras.layers.Concatenate(name="joined")([entry, first])
    model = keras.Model(entry, keras.layers.Dense(2, name="last")(joined))
    described = namespace["describe_model"](model)
    graph = layer_graph(described)
    assert graph.ok, graph.sentence
    assert graph.merges == ("joined",)
    assert ("first", "joined") in graph.edges
    assert sum(layer["count"] for layer in described) == model.count_params()
