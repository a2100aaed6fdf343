"""dense_block: channels, the input passed on, and which layer reads which.

The matrix of connections is recovered by setting weights and watching which channels of the output move
(`autograder.checks.dense_edges`), so it does not matter how the block is built.
"""

from __future__ import annotations

import numpy as np
import pytest
from ass4_ask import Array, Block

from autograder.checks import dense_edges, dense_layers
from autograder.checks.dense_edges import DenseBlock
from autograder.checks.dense_layers import DenseLayers
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed, expect
from autograder.remote.client import Student

CLOSE = 1e-6
DRAWS = 6
TRAINING = 1e-4  # of the largest value: rounding of the same operations is about 1e-7
SIZES = ((5, 3, 4), (3, 1, 2), (2, 5, 3))  # c_in, layers, growth


# dense-channels


@pytest.mark.item("dense-channels")
def test_channels_and_positions(student: Student, rng: np.random.Generator) -> None:
    """The output has c_in + layers * growth channels, at as many positions as the input, for several sizes."""
    for c_in, layers, growth in SIZES:
        block = Block(student, c_in, layers, growth)
        for shape in ((2, 6, 6), (1, 5, 8), (3, 4, 4)):
            found = block(rng.normal(size=(*shape, c_in)).astype(np.float32))
            expected = (*shape, c_in + layers * growth)
            expect(
                found.shape == expected,
                f"With c_in={c_in}, layers={layers}, growth={growth} an input of shape {(*shape, c_in)} should give "
                f"{expected}; your block gives {found.shape}.",
                "Concatenate the input and what the layers add along the channels; padding keeps height and width.",
            )


@pytest.mark.item("dense-channels")
def test_the_input_is_passed_on(student: Student, rng: np.random.Generator) -> None:
    """Every channel of the input stands unchanged among the channels of the output."""
    for c_in, layers, growth in SIZES:
        block = Block(student, c_in, layers, growth)
        x = rng.normal(size=(2, 6, 7, c_in)).astype(np.float32)
        found = block(x)
        expect(
            _kept(found, x) == c_in,
            "Not every channel of the block's input stands unchanged in its output.",
            "The block returns its input too, without a ReLU, a sum or a convolution on the way.",
        )
        found_in_training = block.in_training(x)
        expect(
            found_in_training is None or _kept(found_in_training, x) == c_in,
            "In training mode not every channel of the block's input stands unchanged in its output.",
            "Nothing but convolutions, ReLUs and concatenations: no dropout, no batch normalisation.",
        )


def _kept(output: Array, x: Array) -> int:
    """How many channels of x stand in the output, unchanged."""
    if output.shape[:3] != x.shape[:3]:
        return 0
    columns, wanted = output.reshape(-1, output.shape[-1]).T, x.reshape(-1, x.shape[-1]).T
    return sum(bool((np.abs(columns - channel).max(axis=1) <= CLOSE).any()) for channel in wanted)


# dense-edges


@pytest.mark.item("dense-edges", weight=3)
def test_every_layer_reads_all_before_it(
    student: Student, rng: np.random.Generator, measure: Measure
) -> None:
    """Every layer reads the block's input and the outputs of all layers before it."""
    reports = []
    for size in ((5, 4, 3), (3, 3, 5), (4, 5, 2)):
        block = Block(student, *size)
        found = _edges(block, rng)
        if not found.dense and _dense_by_answers(block, rng):
            continue  # the weights are kept in another form than a kernel for each layer
        reports.append(found)
    for shown in [r for r in reports if not r.dense][:1] or reports[:1]:
        if shown.edges:
            measure.picture(
                "connections of the dense block",
                dense_edges.edge_picture(shown, "Who reads whom"),
                "Connections found by setting the weights of your block: a green square where the layer of the row "
                "reads the column. A dense block fills the triangle; crosses mark connections that are missing.",
            )
    for report in reports:
        if not report.dense:
            raise Failed(
                report.sentence, "Each layer gets everything so far, concatenated: the input and all layers."
            )


@pytest.mark.item("dense-edges")
def test_layers_are_convolutions(student: Student, rng: np.random.Generator) -> None:
    """Each layer is a 3x3 convolution and a ReLU, of all channels before it side by side, and nothing else."""
    for size in ((5, 3, 4), (3, 4, 2)):
        block = Block(student, *size)
        x = rng.normal(size=(4, 6, 6, block.c_in)).astype(np.float32)
        usual, training = block(x), block.in_training(x)
        if usual.shape[-1] != block.c_in + block.layers * block.growth or _kept(usual, x) < block.c_in:
            continue  # that costs dense-channels, and hides what the layers add
        report = _layers(block, rng)
        expect(
            report.ok,
            report.sentence,
            "One convolution and a ReLU for each layer, nothing else in this function.",
        )
        expect(
            training is None or bool(np.abs(training - usual).max() <= TRAINING * np.abs(usual).max()),
            "The block computes something else in training mode than otherwise.",
            "No batch normalisation and no dropout in this function.",
        )


@pytest.mark.item("dense-edges")
def test_layers_have_an_activation(student: Student, rng: np.random.Generator) -> None:
    """The layers are not linear: each has a ReLU, which answers opposite inputs in different ways."""
    block = Block(student, 4, 3, 5)
    # Without biases, convolutions alone would answer an input of the other sign with the output of the other sign.
    block.set_weights(dense_layers.drawn_anew(block.weights(), rng))
    x = rng.normal(size=(2, 6, 6, 4)).astype(np.float32)
    there, back = block(x), block(-x)
    moved = np.abs(there + back).reshape(-1, there.shape[-1]).max(axis=0)
    linear = int((moved <= 1e-5 * max(1.0, float(np.abs(there).max()))).sum())
    expect(
        linear <= block.c_in,
        "To the opposite input the layers add the opposite: no ReLU is at work in them.",
        "Each layer is a convolution and a ReLU.",
    )


def _edges(block: Block, rng: np.random.Generator) -> DenseBlock:
    return dense_edges.dense_edges(
        block, block.weights(), block.set_weights, block.c_in, block.layers, block.growth, rng
    )


def _layers(block: Block, rng: np.random.Generator) -> DenseLayers:
    """Judged with random weights, and with others where a channel happens to be zero almost everywhere."""
    originals = block.weights()
    for _ in range(DRAWS):
        block.set_weights(dense_layers.drawn_anew(originals, rng))
        report = dense_layers.dense_layers(block, block.c_in, block.layers, block.growth, rng)
        if not report.undecided:
            break
    return report


def _dense_by_answers(block: Block, rng: np.random.Generator) -> bool:
    report = _layers(block, rng)
    return report.ok and not report.undecided
