"""The multilayer perceptron in float64 NumPy: what forward, loss and gradients have to agree with.

    z = x W1 + b1,  h = a(z),  logits = h W2 + b2,  loss = mean over rows of -log softmax(logits)[y]

with a = relu, tanh or the logistic function. Gradients by the chain rule (Goodfellow, Bengio, Courville, Deep
Learning, 2016, section 6.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
ACTIVATIONS = ("relu", "tanh", "sigmoid")
NAMES = ("W1", "b1", "W2", "b2")


@dataclass(frozen=True)
class Network:
    """Weights W1 [n_in, h], b1 [h], W2 [h, n_out], b2 [n_out], all float32 as a student gets them."""

    arrays: list[Array]

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.arrays[0].shape[0], self.arrays[0].shape[1], self.arrays[2].shape[1]


def random_network(rng: np.random.Generator, n_in: int, n_hidden: int, n_out: int) -> Network:
    """Weights that give inputs of unit scale pre-activations and logits of some units, biases included."""
    arrays = [
        rng.normal(0, 1.2 / np.sqrt(n_in), (n_in, n_hidden)),
        rng.normal(0, 0.8, n_hidden),
        rng.normal(0, 1.5 / np.sqrt(n_hidden), (n_hidden, n_out)),
        rng.normal(0, 0.8, n_out),
    ]
    return Network([array.astype(np.float32) for array in arrays])


def forward(params: Sequence[Array], x: Array, activation: str = "relu") -> Array:
    """Logits [B, n_out] of inputs [B, n_in]."""
    w1, b1, w2, b2 = (np.asarray(p, dtype=np.float64) for p in params)
    return _activate(np.asarray(x, dtype=np.float64) @ w1 + b1, activation) @ w2 + b2


def row_losses(logits: Array, y: Array) -> Array:
    """Cross-entropy of each row [B], exact for logits of any size."""
    logits = np.asarray(logits, dtype=np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return log_sum - shifted[np.arange(len(logits)), y]


def loss(params: Sequence[Array], x: Array, y: Array, activation: str = "relu") -> float:
    """Mean cross-entropy over the batch."""
    return float(row_losses(forward(params, x, activation), y).mean())


def gradients(params: Sequence[Array], x: Array, y: Array, activation: str = "relu") -> list[Array]:
    """Gradients of the loss with respect to W1, b1, W2, b2."""
    w1, b1, w2, b2 = (np.asarray(p, dtype=np.float64) for p in params)
    x = np.asarray(x, dtype=np.float64)
    z = x @ w1 + b1
    h = _activate(z, activation)
    logits = h @ w2 + b2
    share = np.exp(logits - logits.max(axis=1, keepdims=True))
    d_logits = share / share.sum(axis=1, keepdims=True)
    d_logits[np.arange(len(x)), y] -= 1.0
    d_logits /= len(x)
    d_z = d_logits @ w2.T * _slope(z, h, activation)
    return [x.T @ d_z, d_z.sum(axis=0), h.T @ d_logits, d_logits.sum(axis=0)]


def _activate(z: Array, activation: str) -> Array:
    match activation:
        case "relu":
            return np.maximum(z, 0.0)
        case "tanh":
            return np.tanh(z)
        case "sigmoid":
            return 1.0 / (1.0 + np.exp(-z))
    raise ValueError(f"no activation is called {activation!r}")


def _slope(z: Array, h: Array, activation: str) -> Array:
    match activation:
        case "relu":
            return (z > 0).astype(np.float64)
        case "tanh":
            return 1.0 - h**2
        case _:
            return h * (1.0 - h)
