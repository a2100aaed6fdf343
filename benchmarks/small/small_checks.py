"""The checks of the small notebook, the same for every grading tool.

`ask` has the notebook's functions as attributes; they take and return arrays of NumPy. This engine's hidden tests pass
their `student`, whose functions run in another process; test cells of other tools pass `InProcess(globals())`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# Of the training: how much work a student's code has. Benchmarks set it, so that it is 0.7 s on their machine.
STEPS = int(os.environ.get("SMALL_NOTEBOOK_STEPS", "220"))


class InProcess:
    """A notebook's functions, called in its own process with tensors, as the notebook calls them."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self._namespace[name]
        return lambda *arguments: _from_tensors(function(*map(_to_tensors, arguments)))


def check_init(ask: Any) -> None:
    for sizes in ((4, 8, 3), (20, 12, 5), (1, 2, 2)):
        n_in, n_hidden, n_out = sizes
        params = ask.init(*sizes, 7)
        assert [p.shape for p in params] == [(n_in, n_hidden), (n_hidden,), (n_hidden, n_out), (n_out,)]
        assert all(p.dtype == np.float32 for p in params)
        again, other = ask.init(*sizes, 7), ask.init(*sizes, 8)
        assert np.array_equal(params[0], again[0])
        assert not np.array_equal(params[0], other[0])


def check_forward(ask: Any) -> None:
    rng = np.random.default_rng(1)
    for n_in, n_hidden, n_out, rows in ((4, 8, 3, 5), (20, 12, 5, 64), (1, 2, 2, 1)):
        params, x = _network(rng, n_in, n_hidden, n_out), _normal(rng, rows, n_in)
        assert np.allclose(ask.forward(params, x), _forward(params, x), atol=1e-4)


def check_loss(ask: Any) -> None:
    rng = np.random.default_rng(2)
    for n_in, n_hidden, n_out, rows in ((4, 8, 3, 5), (20, 12, 5, 64), (1, 2, 2, 1)):
        params, x = _network(rng, n_in, n_hidden, n_out), _normal(rng, rows, n_in)
        y = rng.integers(0, n_out, rows).astype(np.int32)
        logits = _forward(params, x)
        rows_lost = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(rows), y]
        assert np.isclose(float(ask.loss(params, x, y)), rows_lost.mean(), atol=1e-4)


def check_training(ask: Any, steps: int = STEPS) -> None:
    """Two classes that no straight line separates: inside and outside a circle."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (600, 2)).astype(np.float32)
    y = (np.square(x).sum(axis=1) < 0.6).astype(np.int32)
    params = ask.train(x[:400], y[:400], 32, steps, 5)
    guess = np.argmax(ask.forward(params, x[400:]), axis=1)
    assert np.mean(guess == y[400:]) > 0.85


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def _network(rng: np.random.Generator, n_in: int, n_hidden: int, n_out: int) -> list[np.ndarray]:
    return [
        _normal(rng, n_in, n_hidden),
        _normal(rng, n_hidden),
        _normal(rng, n_hidden, n_out),
        _normal(rng, n_out),
    ]


def _forward(params: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    w1, b1, w2, b2 = (p.astype(np.float64) for p in params)
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def _to_tensors(value: Any) -> Any:
    import tensorflow as tf

    if isinstance(value, list):
        return [_to_tensors(member) for member in value]
    return tf.constant(value) if isinstance(value, np.ndarray) else value


def _from_tensors(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_tensors(member) for member in value]
    return value.numpy() if hasattr(value, "numpy") else value
