"""What the hidden tests of assignment 1 rest on: the oracle, the invented tasks, the disguise."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

HIDDEN = Path(__file__).resolve().parents[1] / "hidden" / "ass1"
sys.path.insert(0, str(HIDDEN))

import ass1_digits as digits  # noqa: E402
import ass1_oracle as oracle  # noqa: E402
import ass1_patches as patches  # noqa: E402

from autograder.checks.gradients import central_difference  # noqa: E402
from autograder.data import Dataset  # noqa: E402


@pytest.mark.parametrize("activation", oracle.ACTIVATIONS)
def test_the_oracle_agrees_with_difference_quotients(activation):
    rng = np.random.default_rng(1)
    net = oracle.random_network(rng, 4, 5, 3)
    x, y = rng.normal(size=(6, 4)), rng.integers(0, 3, 6)
    slopes = central_difference(lambda arrays: oracle.loss(arrays, x, y, activation), net.arrays, 1e-6)
    for exact, measured in zip(oracle.gradients(net.arrays, x, y, activation), slopes, strict=True):
        assert np.allclose(exact, measured, atol=1e-7)


def test_the_oracle_knows_the_loss_of_large_logits():
    rows = np.array([[500.0, -500.0], [-500.0, 500.0], [0.0, 0.0]])
    assert np.allclose(oracle.row_losses(rows, np.array([0, 0, 0])), [0.0, 1000.0, np.log(2)])


def test_patch_images_are_as_bright_as_mnist():
    task = patches.patch_xor(np.random.default_rng(2), 2000, 500)
    x = task.x_train / 255.0
    assert x.shape == (2000, 784)
    assert 0.10 < x.mean() < 0.14
    assert 0.80 < (x == 0).mean() < 0.86
    assert 7.5 < np.linalg.norm(x, axis=1).mean() < 9.3


def test_no_linear_model_sees_the_exclusive_or_yet_pairs_of_cells_tell_it():
    task = patches.patch_xor(np.random.default_rng(3), 6000, 2000)
    x_train, x_test = (np.c_[x / 255.0, np.ones(len(x))] for x in (task.x_train, task.x_test))
    targets = np.eye(8)[task.y_train]
    weights = np.linalg.solve(x_train.T @ x_train + 10 * np.eye(785), x_train.T @ targets)
    assert (np.argmax(x_test @ weights, axis=1) == task.y_test).mean() < 0.2
    cells = (x_test[:, :784].reshape(-1, 4, 7, 4, 7).mean((2, 4)) > 0.2).reshape(-1, 16)
    pairs = [(i, j) for i in range(16) for j in range(i)]
    bits = [
        [np.mean((cells[:, i] ^ cells[:, j]) == (task.y_test >> b & 1)) for i, j in pairs] for b in range(3)
    ]
    assert np.max(bits, axis=1).min() > 0.99


def test_the_easy_task_is_linear():
    task = patches.patch_codes(np.random.default_rng(4), 2000, 500)
    x_train, x_test = (np.c_[x / 255.0, np.ones(len(x))] for x in (task.x_train, task.x_test))
    weights = np.linalg.solve(x_train.T @ x_train + 10 * np.eye(785), x_train.T @ np.eye(10)[task.y_train])
    assert (np.argmax(x_test @ weights, axis=1) == task.y_test).mean() > 0.9


def mnist(source: str = "local folder") -> Dataset:
    """Blobs with the digit's number of bright rows: enough to follow labels through the disguise."""
    rng = np.random.default_rng(5)
    halves = []
    for n in (300, 100):
        y = (np.arange(n) % 10).astype(np.uint8)
        x = np.zeros((n, 28, 28), np.uint8)
        for image, label in zip(x, y, strict=True):
            image[2 : 4 + 2 * label, 3:9] = rng.integers(150, 250)
        halves += [x, y]
    return Dataset("mnist", *halves, source=source)  # type: ignore[arg-type]


def test_the_disguise_turns_and_renames_and_can_be_taken_off():
    plain = mnist()
    ways = set()
    for seed in range(30):
        task = digits.digit_task(plain, np.random.default_rng(seed))
        ways.add(task.way)
        assert np.array_equal(task.upright(task.x_train), plain.x_train)
        assert not np.array_equal(task.x_train.reshape(-1, 28, 28), plain.x_train)
        assert np.array_equal(task.digits[task.y_train], plain.y_train)
        assert np.array_equal(task.digits[task.y_test], plain.y_test)
    assert ways == set(range(1, 8))


def test_judged_images_are_none_of_the_public_ones():
    plain = mnist()
    task = digits.digit_task(plain, np.random.default_rng(0))
    public = {image.tobytes() for image in plain.x_test}
    assert not any(image.tobytes() in public for image in task.upright(task.x_test))
    difference = task.upright(task.x_test).astype(float) - plain.x_test
    assert np.abs(difference).mean() < 20  # still the same digits


def test_few_embedded_digits_become_many_and_keep_their_labels():
    plain = mnist("embedded")
    task = digits.digit_task(plain, np.random.default_rng(1))
    assert (len(task.x_train), len(task.x_test)) == (6000, 4000)
    rows = (task.upright(task.x_test)[:, :, 3:9].max(2) > 60).sum(1)
    labels = task.digits[task.y_test]
    means = [rows[labels == digit].mean() for digit in range(10)]
    assert all(later > earlier for earlier, later in pairwise(means))
