"""build_densenet: the form of the network, and what it learns.

Textures decide, not CIFAR-10: on a few thousand photographs a small DenseNet is hardly better than logistic regression
in the time that a check may take. Textures are made so that a linear classifier guesses (`ass4_textures`). Threshold
and error rates: ass4_thresholds.json, made by benchmarks/calibrate_ass4.py.
"""

from __future__ import annotations

from collections.abc import Callable

import ass4_textures
import ass4_training
import numpy as np
import pytest
from ass4_ask import Array, Block, TrainStep
from ass4_models import cross_entropy
from ass4_textures import Pictures
from ass4_thresholds import threshold
from matplotlib.figure import Figure

from autograder.checks import accuracy
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed, expect
from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.errors import StudentError

FLOATS = ("float32", "float64")
LARGER = np.float32(10)
FALL = 0.9  # of the first loss, what should be left at most after 30 steps on one batch


@pytest.mark.item("densenet-learns")
def test_the_form_of_the_network(student: Student, rng: np.random.Generator) -> None:
    """The network takes pictures of the size asked for, gives logits for each class, and grows with its arguments."""
    bounded: list[bool] = []
    for size, classes in (((32, 32, 3), 10), ((24, 16, 1), 4)):
        net = student.build_densenet.keep(size, classes, 2, 3, 4, 5)
        x = rng.normal(size=(3, *size)).astype(np.float32)
        found = _logits(net, x, classes)
        sums = np.asarray(found, np.float64).sum(axis=1)
        expect(
            bool((found < 0).any()) or float(np.abs(sums - 1).max()) > 1e-3,
            "The network gives probabilities; logits are asked for.",
            "No softmax in the last layer.",
        )
        expect(
            bool((found < 0).any() or (found > 0).all()),
            "No logit of the network is negative, and some are exactly 0: the last layer cuts them off.",
            "No activation in the last layer.",
        )
        net.method("set_weights", [w * LARGER if w.dtype.kind == "f" else w for w in _weights_of(net)])
        bounded.append(bool((np.abs(_logits(net, x, classes)) <= 1).all()))
    expect(
        not all(bounded),
        "However large the weights are, no logit of the network is beyond 1 or -1.",
        "No sigmoid and no tanh in the last layer.",
    )
    _expect_convolutions(student)
    found_wide: list[tuple[int, int]] = []  # in networks of 1 and of 3 blocks
    for layers in (3, 5):
        small, large = (_weights(student, blocks, layers, 4) for blocks in (1, 3))
        expect(len(large) > len(small), "A network of 3 blocks has no more layers than one of 1 block.")
        if 2 * _numbers(_kernels(small)) < _numbers(small):
            continue  # convolutions that keep their weights in another form than kernels cannot be counted
        expect(
            len(_kernels(small)) >= layers and len(_kernels(large)) >= 3 * layers,
            f"A network of 3 blocks with {layers} layers each should have at least {3 * layers} convolutions, one "
            f"of 1 block at least {layers}; yours have {len(_kernels(large))} and {len(_kernels(small))}.",
        )
        found_wide.append((len(_wide_kernels(small)), len(_wide_kernels(large))))
        more = found_wide[-1][1] - found_wide[-1][0]
        wanted = 2 * _wide_layers(student, layers)
        expect(
            more >= wanted,
            f"Two blocks more of {layers} layers each should bring at least {wanted} convolutions more, besides "
            f"those of 1×1; in your network they bring {more}.",
            "All blocks have as many layers.",
        )
    if len(found_wide) == 2:
        in_one, in_three = (found_wide[1][i] - found_wide[0][i] for i in (0, 1))
        expect(
            in_three >= 3 * in_one,
            f"Two layers more in each block bring a network of 1 block {in_one} convolutions more, and one of 3 "
            f"blocks {in_three}, besides those of 1×1: three times as many are expected.",
            "blocks is the number of dense blocks, with none before the first or after the last.",
        )
    narrow, wide = (_numbers(_weights(student, 1, 3, growth)) for growth in (4, 8))
    expect(wide > narrow, "The network does not become wider with growth.")
    narrow, wide = (np.diff([_numbers(_weights(student, 1, n, g)) for n in (3, 4)])[0] for g in (4, 8))
    expect(
        wide >= 1.5 * narrow,  # twice the channels of the layer, from more channels before it
        f"With growth={8} the fourth layer of a block has {wide} weights, with growth={4} it has {narrow}.",
        "growth is the number of channels that each layer of a block adds.",
    )
    try:
        dense = _reads_more_and_more(lambda layers: Block(student, 8, layers, 4).weights())
    except StudentError:
        dense = False
    if not dense:
        return  # the network is made of dense_block, and what is wrong with that costs its own items
    expect(
        _reads_more_and_more(lambda layers: _weights(student, 1, layers, 4)),
        "A further layer of a block does not have more weights than the layer before it, although it should read more.",
        "Each layer of a dense block reads the block's input and all layers before it: is this a dense block?",
    )


@pytest.mark.item("densenet-learns")
def test_the_seed_decides_the_weights(student: Student) -> None:
    """The same seed gives the same initial weights, another seed gives others."""
    first, again, other = (_weights(student, 1, 3, 4, seed) for seed in (1, 1, 2))
    expect(
        _same(first, again),
        "Two networks with the same seed begin with different weights.",
        "tf.keras.utils.set_random_seed(seed), before the layers are made.",
    )
    expect(
        not _same(first, other),
        "Two networks with different seeds begin with the same weights.",
    )


def _expect_convolutions(student: Student) -> None:
    """Layers that see all positions at once have more weights for larger pictures. A classifier may do so, without
    an average before it: its weights are for one class each."""
    counted = {}
    for size in (16, 24):
        for classes in (2, 4):
            net = student.build_densenet.keep((size, size, 3), classes, 1, 3, 4, 1)
            net(np.zeros((1, size, size, 3), np.float32))
            weights = _weights_of(net)
            if len(_kernels(weights)) >= 3:
                return
            counted[size, classes] = _numbers(weights)
    two, four = (counted[24, classes] - counted[16, classes] for classes in (2, 4))
    expect(
        four >= 2 * two,
        "The number of weights grows with the size of the pictures, besides those of the classifier.",
        "The layers of a DenseNet are convolutions, which use the same weights at every position.",
    )


def _reads_more_and_more(weights_of: Callable[[int], list[Array]]) -> bool:
    """Whether each further layer has more weights than the one before."""
    fourth, fifth, sixth = np.diff([_numbers(weights_of(layers)) for layers in (3, 4, 5, 6)])
    return bool(fourth < fifth < sixth)


def _same(weights: list[Array], others: list[Array]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(weights, others, strict=True))


@pytest.mark.item("densenet-learns", weight=3)
@pytest.mark.budget(120)
def test_textures_are_told_apart(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Trained by us on 3,000 small colour pictures of ten textures, the network judges 2,000 others."""
    student.run(ass4_training.CODE)
    task = ass4_textures.pictures(rng)
    wanted = threshold("textures")
    x, y = student.put(task.x_train), student.put(task.y_train)
    found: list[Array] = []

    def run(seed: int) -> tuple[int, int]:
        net = student.build_densenet.keep(
            task.x_train.shape[1:],
            ass4_textures.CLASSES,
            ass4_training.BLOCKS,
            ass4_training.LAYERS,
            ass4_training.GROWTH,
            seed,
        )
        batches = ass4_training.order(rng, len(task.x_train))
        student.function("_given_training")(net, x, y, batches, ass4_training.RATE)
        found.append(_classes(net, task.x_test))
        return int((found[-1] == task.y_test).sum()), len(task.y_test)

    seeds = [int(seed) for seed in rng.choice(2**31 - 1, size=3, replace=False)]
    verdict = accuracy.decide(run, wanted.value, seeds, spread=wanted.spread)
    measure.figure(
        "accuracy",
        round(verdict.estimate, 4),
        low=round(verdict.interval.low, 4),
        high=round(verdict.interval.high, 4),
        threshold=verdict.threshold,
    )
    measure.figure("trainings", len(verdict.runs))
    measure.picture(
        "textures",
        _by_texture(task, found[-1]),
        "A picture of each of the ten textures, and the share of them that your network recognises.",
    )
    expect(
        verdict.ok,
        verdict.sentence,
        "Does every convolution have an activation, and learn? Do neighbours meet before positions are averaged?",
    )


@pytest.mark.item("densenet-learns")
@pytest.mark.budget(120)
def test_your_step_trains_it(student: Student, rng: np.random.Generator) -> None:
    """Your own training step lowers the loss of a small DenseNet of yours on one batch, with one of three rates."""
    x = rng.normal(size=(32, 8, 8, 3)).astype(np.float32)
    y = (np.arange(32) % 3).astype(np.int32)
    x[np.arange(32), :, :, y] += 1.5  # the colour tells the class
    problem: StudentError | None = None
    for graph in (False, True):  # a step that works in one of the two ways trains; other items ask for both
        try:
            if any(_falls(student, graph, lr, x, y) for lr in (0.01, 0.1, 0.5)):
                return
        except StudentError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    raise Failed(
        "Over 30 steps on one batch your training step does not lower the loss of your DenseNet, with any of three "
        "learning rates.",
        "The weights move against the gradient; the step changes all trainable weights of the model.",
    )


def _falls(student: Student, graph: bool, lr: float, x: Array, y: Array) -> bool:
    """Whether the cross-entropy falls by a tenth, by the losses of the steps or by the logits before and after."""
    net = student.build_densenet.keep(x.shape[1:], 3, 1, 3, 4, 1)
    before = cross_entropy(_logits(net, x, 3), y)
    losses = TrainStep(student, net, graph, lr).run(x, y, 30)
    after = cross_entropy(_logits(net, x, 3), y)
    return float(losses[-3:].mean()) < FALL * float(losses[0]) or after < FALL * before


def _logits(net: Handle, x: Array, classes: int) -> Array:
    return answers.array(net(x), (len(x), classes), FLOATS, what="the logits of the network")


def _classes(net: Handle, x: Array, batch: int = 500) -> Array:
    parts = [_logits(net, x[i : i + batch], ass4_textures.CLASSES) for i in range(0, len(x), batch)]
    return np.argmax(np.concatenate(parts), axis=1)


def _weights(student: Student, blocks: int, layers: int, growth: int, seed: int = 1) -> list[Array]:
    """The weights of a network, as it lists them."""
    net = student.build_densenet.keep((32, 32, 3), 5, blocks, layers, growth, seed)
    net(np.zeros((1, 32, 32, 3), np.float32))
    return _weights_of(net)


def _weights_of(net: Handle) -> list[Array]:
    found = answers.listing(net.method("get_weights"), what="get_weights() of the network")
    return [answers.array(w, dtype=None, what="a weight of the network") for w in found]


def _kernels(weights: list[Array]) -> list[Array]:
    """The convolution kernels among them."""
    return [w for w in weights if w.ndim == 4]


def _wide_kernels(weights: list[Array]) -> list[Array]:
    """The kernels that see more than one position."""
    return [w for w in _kernels(weights) if w.shape[0] * w.shape[1] > 1]


def _wide_layers(student: Student, layers: int) -> int:
    """How many of its layers a block of the student's has, with such kernels: the others cost their own items."""
    try:
        return min(layers, len(_wide_kernels(Block(student, 8, layers, 4).weights())))
    except StudentError:
        return 0


def _numbers(weights: list[Array]) -> int:
    return sum(int(w.size) for w in weights)


def _by_texture(task: Pictures, classes: Array) -> Figure:
    figure = Figure(figsize=(6.6, 3.0), layout="constrained")
    for kind, axes in enumerate(figure.subplots(2, 5).ravel()):
        of_kind = task.y_test == kind
        shown = task.x_test[of_kind][0]
        axes.imshow(np.clip(shown / 5 + 0.5, 0, 1))
        axes.set_title(f"{(classes[of_kind] == kind).mean():.0%}", fontsize=10)
        axes.set(xticks=[], yticks=[])
    return figure
