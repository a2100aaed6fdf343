"""The checks of assignment 1 as test cells of other grading tools would have them: in the student's own process.

The same questions, sizes and trainings as tests/hidden/ass1, whose exact calculation and tasks they use, on the same
data (MNIST, from the folder in AUTOGRADER_DATA). Each function takes the notebook's namespace. An assertion that fails
is a check that is not met.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ass1_oracle as oracle
import ass1_patches as patches
import numpy as np
import tensorflow as tf

Array = np.ndarray
SIZES = ((784, 32, 10), (7, 5, 3), (12, 1, 2), (5, 9, 6), (40, 64, 17))
CASES = (
    (1, 4, 3, 5),
    (6, 9, 1, 3),
    (5, 3, 8, 2),
    (13, 20, 11, 7),
    (3, 784, 16, 10),
    (32, 6, 40, 12),
)  # rows, sizes


def check_init(notebook: Mapping[str, Any]) -> None:
    init = notebook["init_params"]
    for n_in, n_hidden, n_out in SIZES:
        params = init(n_in, n_hidden, n_out, 11)
        assert [tuple(p.shape) for p in params] == [
            (n_in, n_hidden),
            (n_hidden,),
            (n_hidden, n_out),
            (n_out,),
        ]
        assert all(isinstance(p, tf.Variable) and p.dtype == tf.float32 for p in params)
        for weights in (params[0].numpy(), params[2].numpy()):
            assert len(np.unique(weights, axis=1).T) == weights.shape[1]
    w1, b1 = (p.numpy() for p in init(784, 64, 10, 5)[:2])
    x = patches.patch_codes(np.random.default_rng(1), 200).x_train / 255.0
    assert 1e-3 <= float((x @ w1 + b1).std()) <= 30
    first, again, other = (init(20, 12, 5, seed)[0].numpy() for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def check_forward(notebook: Mapping[str, Any]) -> None:
    forward = notebook["forward"]
    for activation in oracle.ACTIVATIONS:
        for params, x, _ in _cases():
            found = forward(_variables(params), tf.constant(x), activation).numpy()
            assert _close(found, oracle.forward(params, x, activation))
    params, x, _ = next(_cases())
    batch = forward(_variables(params), tf.constant(x), "relu").numpy()
    for row in range(len(x)):
        assert _close(
            forward(_variables(params), tf.constant(x[row : row + 1]), "relu").numpy(), batch[row : row + 1]
        )


def check_loss(notebook: Mapping[str, Any]) -> None:
    loss = notebook["loss"]
    for activation in oracle.ACTIVATIONS:
        for params, x, y in _cases():
            found = float(loss(_variables(params), tf.constant(x), tf.constant(y), activation))
            assert _close(found, oracle.loss(params, x, y, activation))
    rows = np.zeros((8, 10), np.float32)
    rows[0] = [500, -500, 20, -20, 0, 499, 1, -1, 2, -2]
    rows[1] = -500
    large = [np.eye(784, 8, dtype=np.float32), np.zeros(8, np.float32), rows, np.zeros(10, np.float32)]
    x = np.eye(8, 784, dtype=np.float32)
    for k in range(4):
        for label in (0, 1, 3, 5, 9):
            y = np.array([label], np.int32)
            found = float(loss(_variables(large), tf.constant(x[[k]]), tf.constant(y), "relu"))
            assert _close(found, oracle.loss(large, x[[k]], y, "relu"))


def check_gradients(notebook: Mapping[str, Any]) -> None:
    for activation in oracle.ACTIVATIONS:
        for params, x, y in _cases():
            found = notebook["gradients"](_variables(params), tf.constant(x), tf.constant(y), activation)
            for slope, exact in zip(found, oracle.gradients(params, x, y, activation), strict=True):
                assert _close(slope.numpy(), exact)


def check_training(notebook: Mapping[str, Any]) -> None:
    task = patches.patch_codes(np.random.default_rng(2), 2000)
    start = notebook["init_params"](784, 64, 10, 3)
    before = [p.numpy() for p in start]
    params = _trained(notebook, task, 64, 20, 32)
    for index in (0, 2):
        assert np.linalg.norm(params[index].numpy() - before[index]) > 1e-3 * np.linalg.norm(before[index])
    assert _share_right(notebook, params, task.x_train, task.y_train) >= 0.6


def check_unseen_task(notebook: Mapping[str, Any]) -> None:
    task = patches.patch_xor(np.random.default_rng(3), 6000, 4000)
    params = _trained(notebook, task, 128, 40, 64)
    assert _share_right(notebook, params, task.x_test, task.y_test) >= 0.8


def check_accuracy(notebook: Mapping[str, Any]) -> None:
    with np.load(Path(os.environ["AUTOGRADER_DATA"]) / "mnist.npz") as file:
        x_train, y_train, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    new_name = np.random.default_rng(4).permutation(10).astype(np.int32)
    task = patches.Task(
        x_train=np.rot90(x_train, axes=(1, 2)).reshape(-1, 784),
        y_train=new_name[y_train],
        x_test=np.rot90(x_test, axes=(1, 2)).reshape(-1, 784),
        y_test=new_name[y_test],
        n_classes=10,
    )
    params = _trained(notebook, task, 128, 5, 64)
    assert _share_right(notebook, params, task.x_test, task.y_test) >= 0.94


def check_throughput(notebook: Mapping[str, Any]) -> None:
    task = patches.patch_codes(np.random.default_rng(5), 10_000)
    _trained(notebook, patches.patch_codes(np.random.default_rng(6), 272), 32, 1, 64)
    for _ in range(2):
        started = time.perf_counter()
        _trained(notebook, task, 32, 1, 64)
        assert time.perf_counter() - started < 20


def _trained(notebook: Mapping[str, Any], task: Any, n_hidden: int, epochs: int, batch_size: int) -> Any:
    x = tf.cast(tf.constant(task.x_train), tf.float32) / 255
    train: Callable[..., Any] = notebook["train"]
    return train(x, tf.constant(task.y_train.astype(np.int32)), n_hidden, epochs, batch_size, 3)


def _share_right(notebook: Mapping[str, Any], params: Any, pixels: Array, labels: Array) -> float:
    guess = notebook["predict"](params, tf.cast(tf.constant(pixels), tf.float32) / 255).numpy()
    return float(np.mean(guess == labels))


def _cases() -> Any:
    rng = np.random.default_rng(7)
    for rows, *sizes in CASES:
        net = oracle.random_network(rng, *sizes)
        x = rng.normal(size=(rows, sizes[0])).astype(np.float32)
        yield net.arrays, x, rng.integers(0, sizes[2], rows).astype(np.int32)


def _variables(arrays: list[Array]) -> list[tf.Variable]:
    return [tf.Variable(array) for array in arrays]


def _close(found: Array | float, wanted: Array | float) -> bool:
    difference = np.abs(np.asarray(found, np.float64) - wanted)
    return bool(difference.max() <= 1e-3 * max(float(np.abs(wanted).max()), 0.1))
