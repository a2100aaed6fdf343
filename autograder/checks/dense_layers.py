"""What does each layer of a dense block compute? Recovered from inputs and outputs alone, whatever its weights
look like.

A dense block returns what all its layers made. So what stands before a layer is known, position by position, and a
layer that is the ReLU of a 3x3 convolution of it is, where it is not zero, a weighted sum of 3x3 neighbourhoods:
least squares find the weights, and leave no residual. From the input on, the channels that fit are set aside as the
next layer, and its neighbourhoods join those of the channels before it. Weights of a neighbourhood that are all zero
are a connection that is missing; two channels with the same weights were added up before the convolution.

The ReLU may also stand in front: then a layer is a weighted sum of neighbourhoods of positive parts, everywhere.

`dense_edges` asks the same of the weights, which needs a kernel for each layer. This is for blocks that keep them
otherwise (a kernel for each connection, say), and it sees what weights do not show: another convolution or a
normalisation in between, kernels that reach further or not as far.

Shapes: `call(x)` takes f32[B, H, W, c_in] and returns f[B, H, W, channels].
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.checks.arrays import Array, UnusableError, numbers

FIT = 1e-4  # of the largest value of a channel; a layer of the right form leaves about 1e-6 in float32
PRESENT = (
    1e-2  # of a layer's largest weight: smaller ones are zero up to the rounding that least squares magnify
)
SPARE = 24  # places for each unknown weight: some channels are zero at most of them
LEAST = 1.5  # equations for each unknown weight, at places where the channel is not zero
WIDTH = 8  # height and width of the maps


@dataclass(frozen=True)
class DenseLayers:
    """`ok`: each layer is a ReLU and a 3x3 convolution of the input and all layers before it.

    `undecided`: a layer is zero at too many places to be judged, with these weights; nothing is said against the block.
    """

    ok: bool
    undecided: bool
    sentence: str


def dense_layers(
    call: Callable[[NDArray[np.float32]], object],
    c_in: int,
    layers: int,
    growth: int,
    rng: np.random.Generator,
) -> DenseLayers:
    """Judge a block whose weights are of ordinary size and not zero (see `drawn_anew`)."""
    unknowns = 9 * (c_in + (layers - 1) * growth) + 1
    count = math.ceil(SPARE * unknowns / WIDTH**2)
    # Whole maps brighter or darker, so that no channel is zero all over.
    x = rng.normal(size=(count, WIDTH, WIDTH, c_in)) + 2 * rng.normal(size=(count, 1, 1, c_in))
    try:
        found = numbers(
            call(x.astype(np.float32)),
            (count, WIDTH, WIDTH, c_in + layers * growth),
            "The block's output",
        )
    except UnusableError as error:
        return DenseLayers(False, False, str(error))
    x = x.astype(np.float32).astype(np.float64)
    left = _without(found, x)
    if len(left) != layers * growth:
        return DenseLayers(
            False, False, "The block's input does not stand unchanged among the output channels."
        )
    groups = [x]
    for number in range(1, layers + 1):
        before = np.concatenate(groups, axis=-1)
        behind, front = _neighbourhoods(before), _neighbourhoods(np.maximum(before, 0))
        fits = [_fit(behind, front, found[..., channel].ravel()) for channel in left]
        if any(fit is None for fit in fits):
            return DenseLayers(
                True, True, "A channel is zero almost everywhere, so the layers cannot be told."
            )
        chosen = [(c, fit) for c, fit in zip(left, fits, strict=True) if fit is not None and fit.exact]
        if len(chosen) < growth:
            sentence = (
                f"What layer {number} adds is not a ReLU and one 3x3 convolution of all that is before it."
            )
            return DenseLayers(False, False, sentence)
        if len(chosen) > growth:
            sentence = f"A later layer does not read layer {number}, or not all that it adds."
            return DenseLayers(False, False, sentence)
        problem = next((p for p in (_problem(fit.weights, groups, number) for _, fit in chosen) if p), "")
        if problem:
            return DenseLayers(False, False, problem)
        groups.append(found[..., [channel for channel, _ in chosen]])
        left = [channel for channel in left if channel not in {c for c, _ in chosen}]
    return DenseLayers(True, False, "Each layer is a ReLU and a 3x3 convolution of all before it.")


def drawn_anew(weights: Sequence[Array], rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Random weights of the same shapes and sizes. Vectors of one and the same number (biases) become zero, but
    scales of 1 stay what they are."""
    new = []
    for w in weights:
        spread = float(w.std()) if w.size else 0.0
        if w.ndim <= 1 and spread == 0:
            new.append(np.ones_like(w) if w.size and np.allclose(w, 1) else np.zeros_like(w))
        else:
            fan_in = max(1, math.prod(w.shape[:-1]))
            new.append(rng.normal(0, spread or fan_in**-0.5, w.shape))
    return [np.asarray(w, np.float32) for w in new]


@dataclass(frozen=True)
class _Fit:
    """`weights` [9, channels before the layer], and whether they leave no residual."""

    exact: bool
    weights: Array


def _fit(behind: Array, front: Array, target: Array) -> _Fit | None:
    """The form that fits, ReLU in front or behind; None where too little is left to judge by."""
    scale = float(np.abs(target).max())
    if scale == 0:
        return None
    weights = _least_squares(front, target)
    exact = bool(np.abs(front @ weights - target).max() <= FIT * scale)
    if not exact and not (target < 0).any():
        positive = target > 0
        if positive.sum() < LEAST * behind.shape[1]:
            return None
        weights = _least_squares(behind[positive], target[positive])
        exact = bool(np.abs(np.maximum(behind @ weights, 0) - target).max() <= FIT * scale)
    return _Fit(exact, weights[:-1].reshape(9, -1))


def _least_squares(design: Array, target: Array) -> Array:
    """By the normal equations: many times as fast, and far from the limits of float64 at this size."""
    solved, *_ = np.linalg.lstsq(design.T @ design, design.T @ target, rcond=None)
    return np.asarray(solved)


def _problem(weights: Array, groups: Sequence[Array], number: int) -> str:
    sizes = np.abs(weights).max(axis=0)  # of each channel read
    least = PRESENT * float(sizes.max())
    if np.abs(np.delete(weights, 4, axis=0)).max() <= least:
        return f"The convolution of layer {number} reads single positions, not 3x3 of them."
    edges = np.cumsum([0, *(group.shape[-1] for group in groups)])
    for source, (start, stop) in enumerate(itertools.pairwise(edges)):
        if (sizes[start:stop] <= least).any():
            return f"Layer {number} does not read {f'layer {source}' if source else 'the input'}, or not all of it."
    apart = np.abs(weights[:, :, None] - weights[:, None, :]).max(axis=0)
    if (apart[~np.eye(len(apart), dtype=bool)] <= least).any():
        return f"Layer {number} reads a sum of channels; they should stand side by side."
    return ""


def _neighbourhoods(maps: Array) -> Array:
    """[positions, 9 * channels + 1]: the 3x3 around each position, zeros beyond the border, and a 1 for the bias."""
    height, width = maps.shape[1:3]
    wide = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifted = [wide[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    flat = np.concatenate(shifted, axis=-1).reshape(-1, 9 * maps.shape[-1])
    return np.column_stack([flat, np.ones(len(flat))])


def _without(output: Array, x: Array) -> list[int]:
    """The channels of the output that are not those of x, each of which is looked for once."""
    left = list(range(output.shape[-1]))
    for channel in range(x.shape[-1]):
        same = next((c for c in left if np.abs(output[..., c] - x[..., channel]).max() <= 1e-6), None)
        if same is not None:
            left.remove(same)
    return left
