"""Models of the grader's own, built in the student's process, and what they should compute.

The code is sent there with `student.run`, so a student's process can read it; what is judged are the losses that come
back, against those computed here in float64. `Mlp.eager_steps` is a yardstick of speed, and only for the reference's
process: a student's code could make TensorFlow slow where it is measured.
"""

from __future__ import annotations

import numpy as np

from autograder.remote import answers
from autograder.remote.client import Handle, Student

Array = np.ndarray
LOUD = 3.0  # what the layer of `moody` multiplies by in training mode

# A dense network with tanh has no kinks, at which rounding could decide what is computed.
CODE = f"""
def _given_mlp(n_in, hidden, n_out):
    import keras
    return keras.Sequential([
        keras.Input((n_in,)), keras.layers.Dense(hidden, activation="tanh"), keras.layers.Dense(n_out)
    ])

def _given_moody(n_in, hidden, n_out):
    import keras
    class Loud(keras.layers.Layer):
        def call(self, x, training=None):
            return x * {LOUD} if training else x
    return keras.Sequential([
        keras.Input((n_in,)), keras.layers.Dense(hidden, activation="tanh"), Loud(), keras.layers.Dense(n_out)
    ])

def _given_muted(n_in, hidden, n_out, always):
    import keras
    class Muted(keras.layers.Layer):
        def call(self, x, training=None):
            if training or always:
                heard = keras.ops.arange(hidden) >= hidden // 2
                return x * keras.ops.cast(heard, x.dtype)
            return x
    return keras.Sequential([
        keras.Input((n_in,)), keras.layers.Dense(hidden, activation="tanh"), Muted(), keras.layers.Dense(n_out)
    ])

def _given_counting(n_in, hidden, n_out):
    import keras
    class Counting(keras.layers.Layer):
        def build(self, shape):
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        def call(self, x, training=None):
            if training:
                self.calls.assign(self.calls + 1.0)
            return x
    return keras.Sequential([
        keras.Input((n_in,)), keras.layers.Dense(hidden, activation="tanh"), Counting(), keras.layers.Dense(n_out)
    ])

def _given_listening(n_in, hidden, n_out):
    import keras
    class Listening(keras.layers.Layer):
        heard = [0]
        def call(self, x):
            self.heard[0] += 1
            return x
    return keras.Sequential([
        keras.Input((n_in,)), keras.layers.Dense(hidden, activation="tanh"), Listening(), keras.layers.Dense(n_out)
    ])

def _given_heard(model):
    return model.layers[1].heard[0]

def _given_densenet(size, n_classes, blocks, layers, growth):
    import keras
    entry = keras.Input((size, size, 3))
    maps = keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu")(entry)
    for number in range(blocks):
        if number:
            maps = keras.layers.AveragePooling2D(2)(keras.layers.Conv2D(maps.shape[-1] // 2, 1)(maps))
        for _ in range(layers):
            new = keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(maps)
            maps = keras.layers.Concatenate()([maps, new])
    return keras.Model(entry, keras.layers.Dense(n_classes)(keras.layers.GlobalAveragePooling2D()(maps)))

def _given_eager_steps(model, x, y, k):
    import tensorflow as tf
    for _ in range(k):
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        for weight, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
            weight.assign_sub(0.001 * gradient)
    return float(loss)
"""


class Mlp:
    """A network with one hidden layer in a student's or the reference's process, with weights drawn here."""

    def __init__(
        self, student: Student, rng: np.random.Generator, n_in: int, hidden: int, n_out: int
    ) -> None:
        self.n_in, self.hidden, self.n_out = n_in, hidden, n_out
        self.start = [
            rng.normal(0, n_in**-0.5, (n_in, hidden)).astype(np.float32),
            rng.normal(0, 0.1, hidden).astype(np.float32),
            rng.normal(0, hidden**-0.5, (hidden, n_out)).astype(np.float32),
            rng.normal(0, 0.1, n_out).astype(np.float32),
        ]
        self._student = student

    def fresh(self, kind: str = "mlp") -> Handle:
        """A new model with the weights of the start; kind "mlp", "moody" with a layer that is louder in training, or
        "listening", see `heard`."""
        model = self._student.function(f"_given_{kind}").keep(self.n_in, self.hidden, self.n_out)
        self._student.assign(model, self.start)
        return model

    def muted(self, always: bool) -> Handle:
        """A new model with the weights of the start, the first half of whose hidden units no output hears, in training
        mode or always."""
        model = self._student.function("_given_muted").keep(self.n_in, self.hidden, self.n_out, always)
        self._student.assign(model, self.start)
        return model

    def counting(self) -> Handle:
        """A new model with weights of its own and a layer that counts, in a weight, the calls in training mode."""
        return self._student.function("_given_counting").keep(self.n_in, self.hidden, self.n_out)

    def counted(self, model: Handle) -> float:
        """What the layer of a `counting` model has counted."""
        return float(next(w for w in self.weights(model) if w.ndim == 0))

    def heard(self, model: Handle) -> int:
        """How often the Python of a layer of a "listening" model has run: in eager calls and in traces."""
        return answers.integer(self._student.function("_given_heard")(model), 0, what="a count of ours")

    def reset(self, model: Handle) -> None:
        """Give a model the weights of the start."""
        self._student.assign(model, self.start)

    def weights(self, model: Handle) -> list[Array]:
        """The weights that a model has now."""
        return [np.asarray(w, np.float64) for w in model.method("get_weights")]

    def eager_steps(self, model: Handle, x: Array, y: Array, k: int) -> None:
        """k plain eager steps of the grader's own."""
        answers.scalar(self._student.function("_given_eager_steps")(model, x, y, k), what="the loss")

    def loss(self, weights: list[Array], x: Array, y: Array, loudness: float = 1.0) -> float:
        """The cross-entropy, averaged over the batch, in float64."""
        w1, b1, w2, b2 = (np.asarray(w, np.float64) for w in weights)
        return cross_entropy(loudness * np.tanh(x @ w1 + b1) @ w2 + b2, y)

    def batch(self, rng: np.random.Generator, size: int = 24) -> tuple[Array, Array]:
        """x float32 [size, n_in], y int32 [size]"""
        x = rng.normal(size=(size, self.n_in)).astype(np.float32)
        return x, rng.integers(0, self.n_out, size).astype(np.int32)


def cross_entropy(logits: Array, y: Array) -> float:
    """Mean over the batch of -log softmax(logits)[y], in float64."""
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y.reshape(-1)]))
