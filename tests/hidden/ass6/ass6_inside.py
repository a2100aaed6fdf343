"""Runs in the student's process, beside the student's code: batches made twice, the weights behind a handle, and a
training of them.

What `build_rnn` returns may be anything. The variables that `predict` uses are those that a gradient tape notices;
where there are none, the handle is searched for arrays of floats. A training takes its gradients through `predict`, or,
where that ends in NumPy arrays, through a Keras model that gives the same logits.
"""

from __future__ import annotations

import gc

import numpy as np
import tensorflow as tf


def _batches_again(seqs, y, batch_size, scheme, boundaries):
    for _ in batches(seqs, y, batch_size, scheme=scheme, boundaries=boundaries):  # noqa: F821
        pass
    return batches(seqs, y, batch_size, scheme=scheme, boundaries=boundaries)  # noqa: F821


class _VariableWeight:
    def __init__(self, variable):
        self.variable = variable

    def value(self):
        return np.asarray(self.variable)

    def assign(self, value):
        self.variable.assign(tf.cast(value, self.variable.dtype))


class _ItemWeight:
    """An array or tensor inside a list or dictionary, or an attribute of an object (its __dict__)."""

    def __init__(self, container, key):
        self.container, self.key = container, key

    def value(self):
        return np.asarray(self.container[self.key])

    def assign(self, value):
        old = self.container[self.key]
        if isinstance(old, np.ndarray):
            old[...] = value
        else:
            self.container[self.key] = tf.cast(value, old.dtype)


class _Weights:
    def __init__(self, members):
        self.members = members

    def values(self):
        return [member.value() for member in self.members]

    def assign(self, values):
        for member, value in zip(self.members, values, strict=True):
            member.assign(value)


def _variables_of(handle, tokens):
    """The float variables that predict reads, in a fixed order."""
    with tf.GradientTape() as tape:
        predict(handle, tokens)  # noqa: F821
    return [v for v in tape.watched_variables() if v.dtype.is_floating]


def _found_weights(handle, tokens):
    variables = _variables_of(handle, tokens)
    if variables:
        return _Weights([_VariableWeight(v) for v in variables])
    members, seen, waiting = [], set(), [handle]
    while waiting and len(seen) < 1000:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        inside = thing if isinstance(thing, (dict, list)) else getattr(thing, "__dict__", None)
        if isinstance(thing, tuple):
            waiting.extend(thing)
        elif inside is not None:
            pairs = enumerate(inside) if isinstance(inside, list) else list(inside.items())
            for key, value in pairs:
                floats = isinstance(value, (np.ndarray, tf.Tensor)) and "float" in str(value.dtype)
                if floats:
                    members.append(_ItemWeight(inside, key))
                elif isinstance(value, (dict, list, tuple)) or hasattr(value, "__dict__"):
                    waiting.append(value)
    return _Weights(members)


def _models():
    return [thing for thing in gc.get_objects() if isinstance(thing, tf.keras.Model)]


class _Training:
    """Minimises the cross-entropy of the logits; `ready` tells whether there are gradients to do it by."""

    def __init__(self, handle, tokens, labels, batch, rate, seed):
        self.tokens, self.labels = tf.constant(tokens), tf.cast(tf.constant(labels), tf.float32)
        self.batch = batch
        self.order = np.random.default_rng(seed)
        self.variables = _variables_of(handle, self.tokens[:2])
        self.optimiser = tf.keras.optimizers.Adam(rate)
        self.optimiser.build(self.variables)
        self.refused = []
        self.step = self._working_step(handle) if self.variables else None
        self.ready = self.step is not None

    def steps(self, count):
        for _ in range(count):
            rows = tf.constant(self.order.choice(len(self.tokens), self.batch, replace=False))
            gradients = self.step(tf.gather(self.tokens, rows), tf.gather(self.labels, rows))
            self.optimiser.apply_gradients(zip(gradients, self.variables, strict=True))

    def _working_step(self, handle):
        few = self.tokens[:4], self.labels[:4]
        for name, step in self._candidates(handle):
            try:
                gradients = step(*few)
            except Exception as problem:  # noqa: BLE001  code of any kind is tried; the next may do
                self.refused.append(f"{name}: {type(problem).__name__}")
                continue
            if any(float(tf.reduce_max(tf.abs(g))) > 0 for g in gradients):
                return step
            self.refused.append(f"{name}: no gradients")
        return None

    def _candidates(self, handle):
        def through_predict(tokens):
            return predict(handle, tokens)  # noqa: F821

        yield "predict in a graph", tf.function(self._gradients(through_predict))
        asked = np.ravel(np.asarray(predict(handle, self.tokens[:4])))  # noqa: F821
        mine = {id(v) for v in self.variables}
        for model in _models():
            if mine & {id(getattr(v, "value", v)) for v in model.trainable_variables}:
                try:
                    same = np.allclose(np.ravel(model(self.tokens[:4], training=False)), asked, atol=1e-5)
                except Exception as problem:  # noqa: BLE001
                    self.refused.append(f"a model: {type(problem).__name__}")
                    continue
                if same:
                    yield "a model", tf.function(self._gradients(lambda t, m=model: m(t, training=False)))
        yield "predict", self._gradients(through_predict)

    def _gradients(self, logits_of):
        def step(tokens, labels):
            with tf.GradientTape() as tape:
                logits = tf.cast(tf.reshape(logits_of(tokens), [-1]), tf.float32)
                losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
                loss = tf.reduce_mean(losses)
            found = tape.gradient(loss, self.variables, unconnected_gradients="zero")
            return [tf.convert_to_tensor(g) for g in found]

        return step


def _training(handle, tokens, labels, batch, rate, seed):
    return _Training(handle, tokens, labels, batch, rate, seed)


def _predict_many(handle, tokens, calls, first):
    """The logits of `calls` batches, all of them different: the words are shifted by 1, 2, ... places in the
    vocabulary of the largest token, padding stays."""
    largest = tf.reduce_max(tokens)
    found = []
    for number in range(first, first + calls):
        shifted = tf.where(tokens > 0, (tokens - 1 + number) % largest + 1, 0)
        found.append(tf.convert_to_tensor(predict(handle, shifted)))  # noqa: F821
    return tf.stack(found).numpy()
