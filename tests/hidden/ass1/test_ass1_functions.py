"""init_params, forward, loss and gradients against an exact calculation.

Each function is asked with parameters that the grader made, so that a mistake costs the points of its own item only.
Where a function builds on another one (loss on forward, gradients on loss) and differs from the exact values, it is
judged once more against what the student's own other function gives.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import ass1_oracle as oracle
import numpy as np
import pytest
from ass1_ask import FLOATS, either, parameters
from ass1_patches import patch_codes

from autograder.checks import gradients as gradient_checks
from autograder.grading.verdicts import Failed, expect
from autograder.remote import answers
from autograder.remote.client import Handle, Student
from autograder.remote.errors import BadAnswer, StudentError, StudentRaised

Array = np.ndarray
Answer = TypeVar("Answer")
SIZES = ((784, 32, 10), (7, 5, 3), (12, 1, 2), (5, 9, 6), (40, 64, 17))
# Of the inputs: with larger ones, sums are seen to be cut off. An own formula for tanh or sigmoid may overflow there.
FACTORS = {"relu": (1, 20), "tanh": (1,), "sigmoid": (1,)}
FORWARD_TOLERANCE = 1e-4  # float32 against float64 stays below 2e-6


# init_params


@pytest.mark.item("mlp-init")
def test_init_shapes(student: Student, rng: np.random.Generator) -> None:
    """init_params returns W1, b1, W2, b2 as float32 variables with the right shapes, for several sizes."""
    for sizes in SIZES:
        params = student.init_params.keep(*sizes, _seed(rng))
        parameters(params, sizes, "init_params", "float32")
        members = answers.listing(params.parts(), 4, what="init_params")
        expect(
            all(isinstance(member, Handle) for member in members),  # tensors and arrays come as values
            "The parameters are not all tf.Variables.",
            "A tensor cannot change: training needs tf.Variable(...) around each initial value.",
        )


@pytest.mark.item("mlp-init", weight=2)
def test_init_breaks_the_symmetry(student: Student, rng: np.random.Generator) -> None:
    """The hidden units start out different from one another, and so do the outputs."""
    for sizes in SIZES:
        w1, _, w2, _ = parameters(student.init_params.keep(*sizes, _seed(rng)), sizes, "init_params", FLOATS)
        for name, weights in (("W1", w1), ("W2", w2)):
            distinct = len(np.unique(weights, axis=1).T)
            expect(
                distinct == weights.shape[1],
                f"Columns of {name} are equal, so some units start as copies of one another.",
                "Units with equal weights get equal gradients and stay equal. Draw every weight at random.",
            )


@pytest.mark.item("mlp-init")
def test_init_scale(student: Student, rng: np.random.Generator) -> None:
    """For inputs like MNIST's the sums x W1 + b1 are neither tiny nor huge."""
    sizes = (784, 64, 10)
    w1, b1, _, _ = parameters(student.init_params.keep(*sizes, _seed(rng)), sizes, "init_params", FLOATS)
    x = patch_codes(rng, 200).x_train / 255.0
    spread = float((x @ w1.astype(np.float64) + b1).std())
    expect(spread <= 30, "The initial weights are so large that the hidden sums explode.", _SCALE)
    expect(spread >= 1e-3, "The initial weights are so small that the hidden sums vanish.", _SCALE)


_SCALE = "Their spread should shrink with the square root of the number of inputs."


@pytest.mark.item("mlp-init")
def test_init_is_fresh(student: Student, rng: np.random.Generator) -> None:
    """Each call makes parameters of its own: what is written into them later does not come back."""
    sizes, seed = (20, 12, 5), _seed(rng)
    one = student.init_params.keep(*sizes, seed)
    first = parameters(one, sizes, "init_params", FLOATS)
    try:
        student.assign(one, [values + 1 for values in first])
    except StudentError:
        return  # not variables, which another test tells
    again = parameters(student.init_params.keep(*sizes, seed), sizes, "init_params", FLOATS)
    expect(
        all(not np.allclose(a, b + 1) for a, b in zip(again, first, strict=True)),
        "A second call gives the variables of the first, with what was written into them meanwhile.",
        "Make new variables in every call.",
    )


@pytest.mark.item("mlp-init", weight=2)
def test_init_seed(student: Student, rng: np.random.Generator) -> None:
    """The seed decides the values: the same one repeats them, another one changes them."""
    sizes = (20, 12, 5)
    one, other = _seed(rng), _seed(rng)
    first, again, different = (
        parameters(student.init_params.keep(*sizes, seed), sizes, "init_params", FLOATS)
        for seed in (one, one, other)
    )
    expect(
        all(np.array_equal(a, b) for a, b in zip(first, again, strict=True)),
        "Two calls with the same seed give different values.",
        "tf.random.normal continues a sequence even with a seed; a stateless function or a generator of your own "
        "that is made from the seed inside init_params does not.",
    )
    for index, name in ((0, "W1"), (2, "W2")):
        expect(
            not np.array_equal(first[index], different[index]),
            f"Two different seeds give the same {name}.",
            "Is the argument seed used?",
        )


# forward


@pytest.mark.item("mlp-forward", weight=2)
def test_forward_relu(student: Student, rng: np.random.Generator) -> None:
    """Logits with ReLU, for batches and layers of several sizes, agree with an exact calculation."""
    _check_forward(student, rng, "relu")


@pytest.mark.item("mlp-forward")
def test_forward_tanh(student: Student, rng: np.random.Generator) -> None:
    """Logits with tanh agree with an exact calculation."""
    _check_forward(student, rng, "tanh")


@pytest.mark.item("mlp-forward")
def test_forward_sigmoid(student: Student, rng: np.random.Generator) -> None:
    """Logits with the logistic sigmoid agree with an exact calculation."""
    _check_forward(student, rng, "sigmoid")


@pytest.mark.item("mlp-forward")
def test_forward_rows_are_independent(student: Student, rng: np.random.Generator) -> None:
    """The logits of an input do not depend on what else is in the batch."""
    net = oracle.random_network(rng, 11, 8, 4)
    params = student.variables(net.arrays)
    x = _inputs(rng, 9, 11)
    batch = _logits(student, params, x, "relu", 4)
    for row in (0, 5, 8):
        alone = _logits(student, params, x[row : row + 1], "relu", 4)
        expect(
            _close(alone, batch[row : row + 1]),
            "An input gives other logits alone than in a batch.",
            "Every step should work on each row of x by itself: look for sums or means over the batch.",
        )


def _check_forward(student: Student, rng: np.random.Generator, activation: str) -> None:
    for (net, small, _), factor in itertools.product(_cases(rng), FACTORS[activation]):
        x = (factor * small).astype(np.float32)
        params = student.variables(net.arrays)
        found = _logits(student, params, x, activation, net.sizes[2])
        wanted = oracle.forward(net.arrays, x, activation)
        if not _close(found, wanted):
            raise Failed(*_what_is_wrong(found, wanted, net, x, activation))


def _what_is_wrong(
    found: Array, wanted: Array, net: oracle.Network, x: Array, activation: str
) -> tuple[str, str]:
    """The slip that explains the logits, if one of the usual ones does."""
    w1, b1, w2, b2 = net.arrays
    share = np.exp(wanted - wanted.max(axis=1, keepdims=True))
    linear = (x.astype(np.float64) @ w1 + b1) @ w2 + b2
    slips = (
        (
            share / share.sum(axis=1, keepdims=True),
            "forward returns probabilities, not logits.",
            "Leave the softmax to the loss.",
        ),
        (
            np.maximum(wanted, 0),
            "No logit is ever negative.",
            "The activation belongs to the hidden layer only.",
        ),
        (linear, f"The {activation} of the hidden layer seems to be missing.", ""),
        (oracle.forward([w1, 0 * b1, w2, b2], x, activation), "b1 seems to be missing.", ""),
        (oracle.forward([w1, b1, w2, 0 * b2], x, activation), "b2 seems to be missing.", ""),
        *(
            (
                oracle.forward(net.arrays, x, other),
                f"The activation asked for was {activation}, used was {other}.",
                "",
            )
            for other in oracle.ACTIVATIONS
            if other != activation
        ),
    )
    for value, sentence, hint in slips:
        if _close(found, value) and not _close(value, wanted):
            return sentence, hint
    return (
        f"With {activation}, the logits differ from those of an exact calculation.",
        "Work out a tiny network by hand, with two inputs and one hidden unit, and compare.",
    )


# loss


@pytest.mark.item("mlp-loss", weight=2)
def test_loss_value(student: Student, rng: np.random.Generator) -> None:
    """The loss is the mean cross-entropy over the batch, for each activation and several sizes."""
    judged = 0
    for (net, x, y), activation in zip(_cases(rng), _in_turn(), strict=False):
        params = student.variables(net.arrays)
        found = _unless_forward_fails(
            student, net, x, activation, partial(_loss, student, params, x, y, activation)
        )
        if found is None:
            continue
        judged += 1
        if not any(_close(found, value) for value in _right_losses(student, params, net, x, y, activation)):
            rows = oracle.row_losses(oracle.forward(net.arrays, x, activation), y)
            summed = len(x) > 1 and _close(found, rows.sum())
            raise Failed(
                "The loss is the sum over the batch, not the mean." if summed else _WRONG_LOSS,
                ""
                if summed
                else "The loss of a network whose logits are all zero is the log of the number of classes.",
            )
    expect(judged > 0, _NOT_JUDGED, "Repair forward first.")


_NOT_JUDGED = "This could not be checked, because forward fails on all inputs."
_WRONG_LOSS = "The loss differs from the mean cross-entropy."


@pytest.mark.item("mlp-loss", weight=2)
def test_loss_of_large_logits(student: Student, rng: np.random.Generator) -> None:
    """With logits of 500 and -500, beside small ones, the loss is finite and right."""
    # With these parameters the logits of the input that is 1 at position k and 0 elsewhere are row k of `rows`.
    # The sizes are those of MNIST, for a forward that knows no others.
    rows = rng.uniform(-3, 3, (8, 10))
    rows[0] = [500, -500, 20, -20, 0, 499, 1, -1, 2, -2]
    rows[1] = -500
    rows[1, 3] = -499
    rows[2] = [-500, 500, 500, -500, 499, 0, 1, 2, 3, 4]
    arrays = (np.eye(784, 8), np.zeros(8), rows, np.zeros(10))
    net = oracle.Network([array.astype(np.float32) for array in arrays])
    params = student.variables(net.arrays)
    inputs = np.eye(8, 784, dtype=np.float32)
    for k, label in ((k, label) for k in range(4) for label in (0, 1, 3, 5, 9)):
        _expect_loss(student, params, net, inputs[[k]], np.array([label], np.int32))
    together = rng.permutation(8)
    _expect_loss(student, params, net, inputs[together], rng.integers(0, 10, 8).astype(np.int32))


def _expect_loss(student: Student, params: object, net: oracle.Network, x: Array, y: Array) -> None:
    found = either(student, lambda: student.loss(params, x, y, "relu"))
    value = answers.scalar(found, FLOATS, finite=False, what="the loss")
    hint = "Subtract the largest logit of each row before the exponential, or let a function of tf.nn do it."
    expect(np.isfinite(value), "With large logits the loss is not a finite number.", hint)
    expect(
        any(
            abs(value - right) <= 1e-3 * max(1.0, abs(right))
            for right in _right_losses(student, params, net, x, y, "relu")
        ),
        "With large logits the loss is a number, but not the right one.",
        hint,
    )


def _right_losses(
    student: Student, params: object, net: oracle.Network, x: Array, y: Array, activation: str
) -> Iterator[float]:
    """The exact loss; then, for who did not meet it, the exact loss of the student's own logits."""
    yield oracle.loss(net.arrays, x, y, activation)
    try:
        own = _logits(student, params, x, activation, net.sizes[2])
    except StudentError:
        return
    yield float(oracle.row_losses(own, y).mean())


# gradients


@pytest.mark.item("mlp-gradients", weight=2)
def test_gradients_relu(student: Student, rng: np.random.Generator) -> None:
    """The gradients with ReLU agree with an exact calculation, for each parameter."""
    _check_gradients(student, rng, ("relu",))


@pytest.mark.item("mlp-gradients")
def test_gradients_of_other_activations(student: Student, rng: np.random.Generator) -> None:
    """The gradients with tanh and sigmoid agree with an exact calculation, for each parameter."""
    _check_gradients(student, rng, ("tanh", "sigmoid"))


@pytest.mark.item("mlp-gradients")
def test_gradients_reach_every_parameter(student: Student, rng: np.random.Generator) -> None:
    """When all hidden units are active, every parameter gets a gradient that is not zero."""
    net = oracle.random_network(rng, 784, 6, 10)
    active = oracle.Network([np.abs(net.arrays[0]), np.abs(net.arrays[1]), *net.arrays[2:]])
    x, y = 0.05 * np.abs(_inputs(rng, 12, 784)), rng.integers(0, 10, 12).astype(np.int32)
    found = _gradients(student, active, x, y, "relu")
    for name, slope in zip(oracle.NAMES, found, strict=True):
        if slope is None or not np.abs(slope).max() > 0:
            expect(
                _are_slopes_of_own_loss(student, rng, "relu"),
                f"{name} gets no gradient, or zero, although all hidden units are active.",
                "Is it cut off somewhere between the loss and this parameter?",
            )


def _check_gradients(student: Student, rng: np.random.Generator, activations: tuple[str, ...]) -> None:
    judged = 0
    for activation in activations:
        for net, x, y in _cases(rng):
            found = _unless_forward_fails(
                student, net, x, activation, partial(_gradients, student, net, x, y, activation)
            )
            if found is None:
                continue
            judged += 1
            exact = oracle.gradients(net.arrays, x, y, activation)
            compared = gradient_checks.compare(found, exact, oracle.NAMES)
            if compared.ok:
                continue
            if _are_slopes_of_own_loss(student, rng, activation):
                break  # then the other cases differ for the same reason
            raise Failed(
                compared.sentence, "Compare with (loss(p + e) - loss(p - e)) / 2e for a few entries p."
            )
    expect(judged > 0, _NOT_JUDGED, "Repair forward first.")


def _are_slopes_of_own_loss(student: Student, rng: np.random.Generator, activation: str) -> bool:
    """Whether the gradients are those of the student's own loss, which then is what is wrong, or its forward.

    Two networks are tried: where one lies at a kink of the loss, difference quotients disagree with any gradient.
    """
    return any(_follow_own_loss(student, rng, activation) for _ in range(2))


def _follow_own_loss(student: Student, rng: np.random.Generator, activation: str) -> bool:
    """The loss must depend on both weight matrices: one that says nothing proves nothing about gradients. A bias that
    the student's forward forgets has the gradient zero, or none.
    """
    net = oracle.random_network(rng, 5, 6, 3)
    x, y = _inputs(rng, 4, 5), rng.integers(0, 3, 4).astype(np.int32)

    def own_loss(arrays: list[Array]) -> float:
        params = student.variables([array.astype(np.float32) for array in arrays])
        return _loss(student, params, x, y, activation)

    try:
        found = _gradients(student, net, x, y, activation)
        slopes = [np.zeros_like(p) if g is None else g for g, p in zip(found, net.arrays, strict=True)]
        if not (np.abs(slopes[0]).max() > 0 and np.abs(slopes[2]).max() > 0):
            return False
        return gradient_checks.compare_with_differences(
            own_loss, net.arrays, slopes, rng, oracle.NAMES, coordinates=6, dtype=np.float32
        ).ok
    except (StudentError, gradient_checks.GradientError):
        return False


# what the tests share


def _unless_forward_fails(
    student: Student, net: oracle.Network, x: Array, activation: str, question: Callable[[], Answer]
) -> Answer | None:
    """The answer; None where it fails and the student's forward fails on the same input: its own item tells of that."""
    try:
        return question()
    except (StudentRaised, BadAnswer):
        try:
            _logits(student, student.variables(net.arrays), x, activation, net.sizes[2])
        except StudentError:
            return None
        raise


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31 - 1))


def _inputs(rng: np.random.Generator, rows: int, columns: int) -> Array:
    return rng.normal(size=(rows, columns)).astype(np.float32)


def _cases(rng: np.random.Generator) -> Iterator[tuple[oracle.Network, Array, Array]]:
    """Networks with inputs and labels: one row, one hidden unit, two classes, and larger ones."""
    sizes = ((1, 4, 3, 5), (6, 9, 1, 3), (5, 3, 8, 2), (13, 20, 11, 7), (3, 784, 16, 10), (32, 6, 40, 12))
    for rows, n_in, n_hidden, n_out in sizes:
        net = oracle.random_network(rng, n_in, n_hidden, n_out)
        yield net, _inputs(rng, rows, n_in), rng.integers(0, n_out, rows).astype(np.int32)


def _in_turn() -> Iterator[str]:
    while True:
        yield from oracle.ACTIVATIONS


def _logits(student: Student, params: object, x: Array, activation: str, n_out: int) -> Array:
    found = either(student, lambda: student.forward(params, x, activation))
    return answers.array(found, (len(x), n_out), FLOATS, what="the logits")


def _loss(student: Student, params: object, x: Array, y: Array, activation: str) -> float:
    found = either(student, lambda: student.loss(params, x, y, activation))
    return answers.scalar(found, FLOATS, what="the loss")


def _gradients(
    student: Student, net: oracle.Network, x: Array, y: Array, activation: str
) -> list[Array | None]:
    """The gradients, each an array of its parameter's shape or None."""
    params = student.variables(net.arrays)
    found = either(student, lambda: student.gradients.value(params, x, y, activation))
    slopes = answers.listing(found, 4, what="the gradients")
    return [
        None
        if slope is None
        else answers.array(slope, parameter.shape, FLOATS, what=f"the gradient of {name}")
        for slope, parameter, name in zip(slopes, net.arrays, oracle.NAMES, strict=True)
    ]


def _close(found: Array | float, wanted: Array | float) -> bool:
    """Equal up to float32 rounding, in the norm of the whole and no worse in any entry than 1e-4 of the largest."""
    difference = np.abs(np.asarray(found, np.float64) - wanted)
    return bool(difference.max() <= FORWARD_TOLERANCE * max(float(np.abs(wanted).max()), 0.1))
