"""What a model says of itself: parameter counts, the graph of its layers, where a mask gets lost.

All of it is asked of the student's process and can be forged, so it is shown in the report and is worth
points only together with behaviour. Counts are checked against weights that crossed the wire as arrays.
Descriptions come from outside: what is malformed gives a sentence, never an exception.

A layer graph is a list of {"name": str, "kind": str, "inputs": [names], "count": int (optional)}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

MAX_LAYERS = 5_000

# Defines `describe_model(model)` in the student's process (Keras); its answer is what `layer_graph` takes.
KERAS_DESCRIPTION = """
def describe_model(model):
    layers = []
    for layer in model.layers:
        inputs = []
        for node in getattr(layer, "_inbound_nodes", []):
            inputs += [t._keras_history.operation.name for t in node.input_tensors if hasattr(t, "_keras_history")]
        layers.append(
            {"name": layer.name, "kind": type(layer).__name__, "inputs": inputs, "count": int(layer.count_params())}
        )
    return layers
"""


@dataclass(frozen=True)
class TableCheck:
    """Whether a student's table of parameter counts agrees with the weights."""

    ok: bool
    claimed: int
    actual: int
    sentence: str


@dataclass(frozen=True)
class LayerGraph:
    """Layers in an order in which each stands behind its inputs. `depth` is the longest path, in layers.

    `branches` feed several layers, `merges` take several; `isolated` are connected to nothing. `ok` False:
    the description is no directed graph without cycles.
    """

    ok: bool
    order: tuple[str, ...]
    kinds: tuple[tuple[str, int], ...]
    depth: int
    branches: tuple[str, ...]
    merges: tuple[str, ...]
    isolated: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    sentence: str


def parameter_count(weights: Sequence[np.ndarray[Any, Any]]) -> int:
    """Number of entries of all arrays."""
    return sum(int(np.asarray(w).size) for w in weights)


def dense_parameters(inputs: int, units: int, bias: bool = True) -> int:
    """Parameters of a dense layer: inputs·units + units."""
    return inputs * units + (units if bias else 0)


def convolution_parameters(height: int, width: int, channels: int, filters: int, bias: bool = True) -> int:
    """Parameters of a convolution: height·width·channels·filters + filters."""
    return height * width * channels * filters + (filters if bias else 0)


def check_parameter_table(table: object, weights: Sequence[np.ndarray[Any, Any]]) -> TableCheck:
    """Compare {"name": [..], "kind": [..], "count": [..]} (one entry a layer) with the weights in layer
    order.

    The counts must be those of consecutive groups of the weights, so that a right sum of wrong parts fails;
    layers without parameters may be listed with 0. Common slips are named.
    """
    actual = parameter_count(weights)
    columns = [table.get(key) for key in ("name", "kind", "count")] if isinstance(table, Mapping) else []
    counts = (
        [_count(c) for c in columns[2]]
        if columns and isinstance(columns[2], list | tuple | np.ndarray)
        else None
    )
    if counts is None or any(c is None or c < 0 for c in counts):
        return TableCheck(
            False, 0, actual, "The table should have the columns name, kind and count (whole numbers)."
        )
    numbers = [c for c in counts if c]
    if any(not isinstance(c, list | tuple | np.ndarray) or len(c) != len(counts) for c in columns[:2]):
        return TableCheck(False, sum(numbers), actual, "The columns of the table differ in length.")
    sizes = [int(np.asarray(w).size) for w in weights]
    claimed = sum(numbers)
    if claimed == actual and _grouped(numbers, sizes):
        return TableCheck(True, claimed, actual, f"The table adds up to all {actual} parameters.")
    biases = sum(int(np.asarray(w).size) for w in weights if np.asarray(w).ndim == 1)
    if claimed == actual - biases:
        sentence = f"The table has {claimed} parameters of {actual}: the biases are missing."
    elif claimed == biases:
        sentence = f"The table counts units ({claimed}) where it should count weights ({actual})."
    elif claimed == actual:
        sentence = "The sum is right, but the counts are not those of the layers."
    else:
        sentence = f"The table adds up to {claimed} parameters; the model has {actual}."
    return TableCheck(False, claimed, actual, sentence)


def layer_graph(description: object) -> LayerGraph:
    """Read a model's description of its layers."""
    layers = _layers(description)
    if isinstance(layers, str):
        return LayerGraph(False, (), (), 0, (), (), (), (), layers)
    inputs = {name: sources for name, _, sources in layers}
    edges = tuple((source, name) for name, _, sources in layers for source in sources)
    order, depth = _sorted(inputs)
    if len(order) < len(inputs):
        return LayerGraph(False, (), (), 0, (), (), (), edges, "The layers feed each other in a circle.")
    feeds = Counter(source for source, _ in edges)
    kinds = Counter(kind for _, kind, _ in layers)
    return LayerGraph(
        ok=True,
        order=tuple(order),
        kinds=tuple(sorted(kinds.items())),
        depth=max(depth.values()),
        branches=tuple(name for name in order if feeds[name] > 1),
        merges=tuple(name for name in order if len(inputs[name]) > 1),
        isolated=tuple(name for name in order if not inputs[name] and not feeds[name])
        if len(order) > 1
        else (),
        edges=edges,
        sentence=f"{len(order)} layers, the longest path {max(depth.values())}.",
    )


def mask_lost(layers: Sequence[tuple[str, bool]]) -> str | None:
    """The first layer that yields no mask although the one before it did; None if it is never lost.

    `layers` are (name, yields a mask) along one path from the input to the layer that needs the mask.
    """
    return next((name for (_, before), (name, after) in pairwise(layers) if before and not after), None)


def _layers(description: object) -> list[tuple[str, str, list[str]]] | str:
    if not isinstance(description, list | tuple) or not 0 < len(description) <= MAX_LAYERS:
        return "The description should be a list of layers."
    layers = []
    for entry in description:
        name, kind, inputs = (
            (entry.get("name"), entry.get("kind", ""), entry.get("inputs", []))
            if isinstance(entry, Mapping)
            else (None, "", [])
        )
        if not isinstance(name, str) or not isinstance(kind, str) or not isinstance(inputs, list | tuple):
            return "Each layer should be described by its name, kind and inputs."
        layers.append((name, kind, [i for i in inputs if isinstance(i, str)]))
    names = {name for name, _, _ in layers}
    if len(names) < len(layers):
        return "Two layers have the same name."
    return [(name, kind, [i for i in dict.fromkeys(inputs) if i in names]) for name, kind, inputs in layers]


def _sorted(inputs: Mapping[str, list[str]]) -> tuple[list[str], dict[str, int]]:
    """Layers behind their inputs (those of a circle are left out), and the length of the longest path to
    each."""
    waiting = {name: len(sources) for name, sources in inputs.items()}
    feeds: dict[str, list[str]] = {name: [] for name in inputs}
    for name, sources in inputs.items():
        for source in sources:
            feeds[source].append(name)
    ready = [name for name, count in waiting.items() if not count]
    depth = dict.fromkeys(ready, 1)
    order = []
    while ready:
        name = ready.pop(0)
        order.append(name)
        for after in feeds[name]:
            depth[after] = max(depth.get(after, 1), depth[name] + 1)
            waiting[after] -= 1
            if not waiting[after]:
                ready.append(after)
    return order, depth


def _grouped(numbers: Sequence[int], sizes: Sequence[int]) -> bool:
    """True if the numbers are sums of consecutive groups of the sizes."""
    at = 0
    for number in numbers:
        total = 0
        while total < number and at < len(sizes):
            total += sizes[at]
            at += 1
        if total != number:
            return False
    return at == len(sizes)


def _count(value: object) -> int | None:
    if type(value) is bool or not isinstance(value, int | np.integer):
        return None
    return int(value)
