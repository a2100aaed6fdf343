"""Which layer of a dense block reads which? Recovered from outside, by setting weights and looking at the
output.

All kernels are made positive and all inputs are positive, so that no ReLU cuts anything off and every live
channel shows. Then, for kernels given in any order:
- all kernels zero: the channels that remain are the block's input, passed on;
- only kernel d not zero: `growth` new live channels appear exactly if layer d reads the block's input;
- only s and d not zero, then s doubled: besides the channels of s, those of d change exactly if d reads s
  (where s does not read the block's input, with the layers before s, in the order of the weights). A
  dense block has every edge input -> d, and for every pair of layers one edge. A chain whose outputs are
  concatenated at the end has the same channels and receptive fields, and is told apart.

Units are channels; `call(x)` takes f32[B, H, W, c_in] and returns f[B, H, W, channels]. Source of the block:
Huang et al., Densely connected convolutional networks (CVPR 2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from autograder.checks.arrays import Array, UnusableError, numbers

RELATIVE = 1e-4  # smaller changes are rounding in float32


@dataclass(frozen=True)
class DenseBlock:
    """`edges[s][d]` for s = 0 (block input), 1 .. layers (as in the weights): does layer d + 1 read s?

    `channels`: of the output; `input_kept`: the block's input appears unchanged among them. `dense`: all
    edges of a dense block are there. `ok` asks for all three.
    """

    ok: bool
    dense: bool
    input_kept: bool
    channels: int
    edges: tuple[tuple[bool, ...], ...]
    missing: tuple[tuple[int, int], ...]
    sentence: str


def dense_edges(
    call: Callable[[NDArray[np.float32]], object],
    weights: Sequence[ArrayLike],
    set_weights: Callable[[list[NDArray[np.float32]]], object],
    c_in: int,
    layers: int,
    growth: int,
    rng: np.random.Generator,
    size: int = 6,
) -> DenseBlock:
    """Recover the direct edges of a block and put its weights back.

    `weights` as the block lists them. Kernels (four dimensions) may come in groups of equal number for each
    layer (with a bottleneck, say), in layer order; all other weights are set to 0, scales (one dimension,
    near 1) to 1.
    """
    originals = [np.array(w, dtype=np.float32) for w in weights]
    kernels = [i for i, w in enumerate(originals) if w.ndim == 4]
    if not kernels or len(kernels) % layers:
        sentence = (
            f"A block of {layers} layers should have a convolution kernel for each; it has {len(kernels)}."
        )
        return DenseBlock(False, False, False, 0, (), (), sentence)
    per_layer = len(kernels) // layers
    groups = [kernels[k * per_layer : (k + 1) * per_layer] for k in range(layers)]
    # Sums over a receptive field stay near 1, so that deep layers neither vanish nor overflow.
    positive = [
        (rng.uniform(0.5, 1.5, w.shape) / max(1, math.prod(w.shape[:3]))).astype(np.float32)
        if w.ndim == 4
        else w
        for w in originals
    ]
    x = rng.uniform(0.5, 1.5, size=(1, size, size, c_in)).astype(np.float32)

    def output(kept: Sequence[int], doubled: int | None = None) -> Array:
        given = []
        for i, w in enumerate(originals):
            layer = next((k for k, group in enumerate(groups) if i in group), None)
            if layer is None:
                given.append(
                    np.ones_like(w) if w.ndim == 1 and w.size and np.allclose(w, 1) else np.zeros_like(w)
                )
            elif layer in kept:
                factor = 2.0 if layer == doubled and i == groups[layer][-1] else 1.0
                given.append((factor * positive[i]).astype(np.float32))
            else:
                given.append(np.zeros_like(w))
        set_weights(given)
        found = numbers(call(x), (1, None, None, None), "The block's output")
        if not found.size:
            raise UnusableError(f"The block's output is empty: its shape is {found.shape}.")
        return found

    try:
        nothing = output([])
        channels = nothing.shape[-1]
        kept = _contains(nothing, x.astype(np.float64))
        edges = [[_changed(nothing, output([d])) >= growth for d in range(layers)]]
        for s in range(layers):
            # A layer that does not read the input is silent alone: the layers before it are left in, then.
            alive = [s] if edges[0][s] else list(range(s + 1))
            edges.append([s != d and _reads(output, alive, s, d, growth) for d in range(layers)])
    except UnusableError as error:
        return DenseBlock(False, False, False, 0, (), (), str(error))
    finally:
        set_weights([w.copy() for w in originals])
    return _judge(channels, kept, edges, c_in, layers, growth)


def edge_picture(block: DenseBlock, title: str = "") -> Figure:
    """The matrix of edges: rows read columns; a dense block fills the triangle."""
    figure = Figure(figsize=(3.6, 3.4), layout="constrained")
    axes = figure.add_subplot()
    matrix = np.array(block.edges, dtype=float).T if block.edges else np.zeros((1, 1))
    axes.imshow(matrix, cmap="Greens", vmin=0, vmax=1.4)
    missing = [(source, layer - 1) for source, layer in block.missing]
    axes.plot([s for s, _ in missing], [d for _, d in missing], "x", color="#CC6677", markersize=12)
    axes.set_xticks(
        range(matrix.shape[1]), ["input", *(f"layer {s}" for s in range(1, matrix.shape[1]))], rotation=45
    )
    axes.set_yticks(range(matrix.shape[0]), [f"layer {d + 1}" for d in range(matrix.shape[0])])
    axes.set(xlabel="is read", ylabel="reads", title=title)
    return figure


def _reads(output: Callable[..., Array], alive: list[int], s: int, d: int, growth: int) -> bool:
    """Doubling layer s changes its own channels, and those of d besides if d reads them."""
    kept = [*alive, d]
    return d not in alive and _changed(output(kept), output(kept, doubled=s)) >= 2 * growth


def _changed(before: Array, after: Array) -> int:
    """Number of channels that differ."""
    if before.shape != after.shape:
        raise UnusableError("The shape of the block's output depends on its weights.")
    scale = max(float(np.abs(after).max()), 1e-12)
    difference = np.abs(after - before).reshape(-1, before.shape[-1]).max(axis=0)
    size = np.maximum(np.abs(after), np.abs(before)).reshape(-1, before.shape[-1]).max(axis=0)
    return int((difference > RELATIVE * np.maximum(size, RELATIVE * scale)).sum())


def _contains(output: Array, x: Array) -> bool:
    """True if every channel of x stands among those of the output, unchanged."""
    if output.shape[:3] != x.shape[:3]:
        return False
    columns = output.reshape(-1, output.shape[-1]).T
    wanted = x.reshape(-1, x.shape[-1]).T
    return all(bool((np.abs(columns - channel).max(axis=1) < 1e-6).any()) for channel in wanted)


def _judge(
    channels: int, kept: bool, edges: list[list[bool]], c_in: int, layers: int, growth: int
) -> DenseBlock:
    missing = [(0, d + 1) for d in range(layers) if not edges[0][d]]
    for s in range(layers):
        for d in range(s + 1, layers):
            if not (edges[s + 1][d] or edges[d + 1][s]):
                missing.append((s + 1, d + 1))
    expected = c_in + layers * growth
    dense = not missing
    if channels != expected:
        sentence = (
            f"The output has {channels} channels; {c_in} + {layers}·{growth} = {expected} are asked for."
        )
    elif not kept:
        sentence = "The block's input does not stand unchanged among the output channels."
    elif dense:
        sentence = "Every layer reads the block's input and all layers before it."
    else:
        shown = ", ".join(
            f"layer {d} does not read {f'layer {s}' if s else 'the input'}" for s, d in missing[:3]
        )
        sentence = f"Direct connections are missing: {shown}."
    return DenseBlock(
        ok=dense and kept and channels == expected,
        dense=dense,
        input_kept=kept,
        channels=channels,
        edges=tuple(tuple(row) for row in edges),
        missing=tuple(missing),
        sentence=sentence,
    )
