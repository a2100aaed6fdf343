"""Layers of a dense block told by inputs and outputs: blocks that keep their weights in any form, and near misses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograder.checks.dense_layers import dense_layers, drawn_anew

Array = np.ndarray
C_IN, LAYERS, GROWTH = 3, 4, 2


def convolve(maps: Array, kernel: Array) -> Array:
    size, (height, width) = kernel.shape[0], maps.shape[1:3]
    edge = size // 2
    wide = np.pad(maps, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    parts = [wide[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(size) for j in range(size)]
    return np.sum(parts, axis=0)


def relu(maps: Array) -> Array:
    return np.maximum(maps, 0)


def side_by_side(maps: list[Array], draw: Callable[..., Array], size: int = 3) -> Array:
    everything = np.concatenate(maps, axis=-1)
    return relu(convolve(everything, draw(size, size, everything.shape[-1], GROWTH)))


def reads_only(*wanted: int) -> Callable[..., Array]:
    def layer(maps: list[Array], draw: Callable[..., Array]) -> Array:
        return side_by_side([maps[i] for i in wanted if -len(maps) <= i < len(maps)], draw)

    return layer


def block(
    rng: np.random.Generator, layer: Callable[..., Array], newest_first: bool = False
) -> Callable[[Array], Array]:
    """A block whose kernels are the same in every call."""
    seed = int(rng.integers(2**31))

    def call(x: Array) -> Array:
        kernels = np.random.default_rng(seed)

        def draw(*shape: int) -> Array:
            return kernels.normal(0, np.prod(shape[:-1]) ** -0.5, shape)

        maps = [x.astype(np.float64)]
        for _ in range(LAYERS):
            maps.append(layer(maps, draw))
        return np.concatenate(maps[::-1] if newest_first else maps, axis=-1).astype(np.float32)

    return call


def judged(layer: Callable[..., Array], seed: int, **options: bool) -> tuple[bool, str]:
    rng = np.random.default_rng(seed)
    for _ in range(6):
        report = dense_layers(block(rng, layer, **options), C_IN, LAYERS, GROWTH, rng)
        if not report.undecided:
            break
    assert not report.undecided
    return report.ok, report.sentence


def relu_in_front(maps: list[Array], draw: Callable[..., Array]) -> Array:
    everything = relu(np.concatenate(maps, axis=-1))
    return convolve(everything, draw(3, 3, everything.shape[-1], GROWTH))


def with_bias(maps: list[Array], draw: Callable[..., Array]) -> Array:
    everything = np.concatenate(maps, axis=-1)
    return relu(convolve(everything, draw(3, 3, everything.shape[-1], GROWTH)) + draw(1, GROWTH))


def a_kernel_for_each_connection(maps: list[Array], draw: Callable[..., Array]) -> Array:
    return relu(np.sum([convolve(m, draw(3, 3, m.shape[-1], GROWTH)) for m in maps], axis=0))


@pytest.mark.parametrize("layer", [side_by_side, relu_in_front, with_bias, a_kernel_for_each_connection])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_right_layers_are_recognised(layer: Callable[..., Array], newest_first: bool, seed: int) -> None:
    ok, sentence = judged(layer, seed, newest_first=newest_first)
    assert ok, sentence


def added_up(maps: list[Array], draw: Callable[..., Array]) -> Array:
    return side_by_side([maps[0], *([np.sum(maps[1:], axis=0)] if len(maps) > 1 else [])], draw)


def twice(maps: list[Array], draw: Callable[..., Array]) -> Array:
    return relu(convolve(side_by_side(maps, draw), draw(3, 3, GROWTH, GROWTH)))


def bottleneck(maps: list[Array], draw: Callable[..., Array]) -> Array:
    everything = np.concatenate(maps, axis=-1)
    return relu(
        convolve(relu(convolve(everything, draw(1, 1, everything.shape[-1], 8))), draw(3, 3, 8, GROWTH))
    )


def single_positions(maps: list[Array], draw: Callable[..., Array]) -> Array:
    return side_by_side(maps, draw, size=1)


def far_positions(maps: list[Array], draw: Callable[..., Array]) -> Array:
    return side_by_side(maps, draw, size=5)


def smooth(maps: list[Array], draw: Callable[..., Array]) -> Array:
    everything = np.concatenate(maps, axis=-1)
    return np.tanh(convolve(everything, draw(3, 3, everything.shape[-1], GROWTH)))


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (reads_only(0, -2, -1), "does not read"),
        (reads_only(-1), "does not read"),
        (reads_only(0), "does not read"),
        (added_up, "a sum of channels"),
        (twice, "not a ReLU and one 3x3 convolution"),
        (bottleneck, "not a ReLU and one 3x3 convolution"),
        (single_positions, "single positions"),
        (far_positions, "not a ReLU and one 3x3 convolution"),
        (smooth, "not a ReLU and one 3x3 convolution"),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_near_misses_are_named(layer: Callable[..., Array], words: str, seed: int) -> None:
    ok, sentence = judged(layer, seed)
    assert not ok
    assert words in sentence


def test_a_block_that_changes_its_input_is_refused() -> None:
    rng = np.random.default_rng(0)
    call = block(rng, side_by_side)
    assert not dense_layers(lambda x: relu(call(x)), C_IN, LAYERS, GROWTH, rng).ok
    assert not dense_layers(lambda x: call(x)[..., 1:], C_IN, LAYERS, GROWTH, rng).ok
    assert not dense_layers(lambda x: np.full_like(call(x), np.nan), C_IN, LAYERS, GROWTH, rng).ok


def test_a_block_without_live_channels_is_left_undecided() -> None:
    def silent(x: Array) -> Array:
        return np.concatenate([x, np.zeros((*x.shape[:3], LAYERS * GROWTH), np.float32)], axis=-1)

    assert dense_layers(silent, C_IN, LAYERS, GROWTH, np.random.default_rng(0)).undecided


def test_weights_are_drawn_anew_in_any_form() -> None:
    rng = np.random.default_rng(0)
    weights = [np.zeros((3, 3, 2, 4)), np.full(4, 0.1), np.ones(4), rng.normal(size=20), np.zeros((0,))]
    kernel, bias, scale, flat, nothing = drawn_anew(weights, rng)
    assert kernel.std() > 0.1
    assert flat.std() > 0.5
    assert (flat != weights[3]).all()
    assert (bias == 0).all()
    assert (scale == 1).all()
    assert nothing.shape == (0,)
