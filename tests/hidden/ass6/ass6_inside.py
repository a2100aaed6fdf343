"""Runs in the student's process, beside the student's code: batches made twice, the weights behind a handle, and a
training of them.

What `build_rnn` returns may be anything. The variables that `predict` uses are those that a gradient tape notices;
where there are none, everything within reach of the handle, or else of predict, is searched for arrays of floats. A
training takes its gradients through `predict`, or, where that ends in NumPy arrays, through a Keras model that gives
the same logits.
"""

from __future__ import annotations

import collections
import functools
import gc
import types

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


class _Place:
    """Where something is kept: `get` gives it, `put` keeps another thing there, and is None where that cannot be."""

    def __init__(self, get, put=None):
        self.get, self.put = get, put


class _PlacedWeight:
    """An array or a tensor that is kept in one place, or in several."""

    def __init__(self, place):
        self.places = [place]

    def value(self):
        return np.asarray(self.places[0].get())

    def assign(self, value):
        old = self.places[0].get()
        if isinstance(old, np.ndarray) and old.flags.writeable:
            old[...] = value
            return
        new = np.array(value, old.dtype) if isinstance(old, np.ndarray) else tf.cast(value, old.dtype)
        for place in self.places:
            place.put(new)

    @property
    def fixed(self):
        thing = self.places[0].get()
        movable = isinstance(thing, np.ndarray) and thing.flags.writeable
        return not movable and any(place.put is None for place in self.places)


class _Weights:
    def __init__(self, members):
        self.members = members

    def values(self):
        return [member.value().astype(np.float32) for member in self.members]

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
    return _Weights(_searched(handle, handle, tokens) or _searched(predict, handle, tokens))  # noqa: F821


def _searched(start, handle, tokens):
    """The arrays of floats that predict uses, among those within reach of `start`. An empty list where a matrix is
    found that cannot be replaced: part of the weights would tell less than none."""
    by_id = {}
    for place in _reached(start):
        thing = place.get()
        if isinstance(thing, (tf.Variable, tf.keras.Variable)):
            by_id.setdefault(id(thing), _VariableWeight(thing))
        elif id(thing) in by_id:
            by_id[id(thing)].places.append(place)
        else:
            by_id[id(thing)] = _PlacedWeight(place)
    # Where a network works with parts of one long vector, the parts are the weights.
    for base in [id(member.places[0].get().base) for member in by_id.values() if _is_array(member)]:
        by_id.pop(base, None)
    if any(isinstance(m, _PlacedWeight) and m.fixed and m.value().ndim > 1 for m in by_id.values()):
        return []
    members = [m for m in by_id.values() if isinstance(m, _VariableWeight) or not m.fixed]
    before = np.array(predict(handle, tokens))  # noqa: F821
    return [member for member in members if _is_used(member, handle, tokens, before)]


def _is_array(member):
    return isinstance(member, _PlacedWeight) and isinstance(member.places[0].get(), np.ndarray)


def _is_used(member, handle, tokens, before):
    """Whether predict answers otherwise with other numbers there."""
    kept = np.array(member.value())
    size = max(0.1, float(np.std(kept))) if kept.size else 0.0
    member.assign(kept + np.random.default_rng(1).normal(0, size, kept.shape))
    after = np.array(predict(handle, tokens))  # noqa: F821
    member.assign(kept)
    return not np.allclose(after, before, rtol=0, atol=1e-6)


_MOST_THINGS = 5000


def _reached(start):
    """The places of all arrays of floats within reach, near ones first."""
    waiting, seen = collections.deque([_Place(lambda: start)]), set()
    kept = []  # as long as things are alive, no other has their id
    while waiting and len(seen) < _MOST_THINGS:
        place = waiting.popleft()
        thing = place.get()
        numbers = isinstance(thing, (np.ndarray, tf.Tensor, tf.Variable, tf.keras.Variable))
        if numbers and "float" in str(thing.dtype):
            yield place
        elif id(thing) not in seen:
            seen.add(id(thing))
            kept.append(thing)
            waiting.extend(_inside(place, thing))


def _inside(place, thing):
    """The places in one thing: containers of any kind, attributes, and what functions keep for their calls."""
    if isinstance(thing, (str, bytes, int, float, complex, types.ModuleType, type(None))):
        return
    if isinstance(thing, dict):
        yield from (_item(thing, key) for key in list(thing))
    elif isinstance(thing, list):
        yield from (_item(thing, number) for number in range(len(thing)))
    elif isinstance(thing, tuple):
        yield from (_member(place, number) for number in range(len(thing)))
    elif isinstance(thing, (set, frozenset, collections.deque)):
        yield from (_Place(lambda t=t: t) for t in thing)
    elif isinstance(thing, np.ndarray) and thing.dtype == object:
        yield from (_item(thing, where) for where in np.ndindex(thing.shape))
    if isinstance(thing, types.FunctionType):
        filled = [cell for cell in thing.__closure__ or () if cell != types.CellType()]
        yield from (_attribute(cell, "cell_contents") for cell in filled)
        yield from (_attribute(thing, name) for name in ("__defaults__", "__kwdefaults__"))
        if thing.__globals__ is globals():  # the student's: this code runs among it
            names = [name for name in _names(thing.__code__) if name in globals()]
            yield from (_item(globals(), name) for name in names)
    elif isinstance(thing, (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)):
        yield from (_Place(lambda t=t: t) for t in (thing.__self__, getattr(thing, "__func__", None)))
    elif isinstance(thing, functools.partial):
        yield from (_Place(lambda t=t: t) for t in (thing.func, thing.args, thing.keywords))
    names = [name for kind in type(thing).__mro__ for name in _listed(kind.__dict__.get("__slots__", ()))]
    yield from (_attribute(thing, name) for name in names if hasattr(thing, name))
    own = getattr(thing, "__dict__", None)
    if isinstance(own, dict):
        yield from (_item(own, name) for name in list(own))
    if isinstance(thing, type) and _is_the_students(thing):
        yield from (_attribute(thing, name) for name in own if not name.startswith("__"))
    elif _is_the_students(type(thing)):
        yield _Place(lambda: type(thing))


def _item(container, key):
    return _Place(lambda: container[key], lambda new: container.__setitem__(key, new))


def _attribute(thing, name):
    # object's own way, too, because a frozen dataclass refuses.
    put = object.__setattr__ if not isinstance(thing, (types.CellType, types.FunctionType, type)) else setattr
    return _Place(lambda: getattr(thing, name), lambda new: put(thing, name, new))


def _member(place, number):
    """A place in a tuple: another tuple takes the place of the whole."""

    def put(new):
        old = place.get()
        items = [*old[:number], new, *old[number + 1 :]]
        place.put(type(old)._make(items) if hasattr(old, "_make") else tuple(items))

    return _Place(lambda: place.get()[number], put if place.put is not None else None)


def _names(code):
    """What the code of a function, and of functions in it, calls by a global name."""
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return [*code.co_names, *(name for part in inner for name in _names(part))]


def _is_the_students(kind):
    return kind.__module__ == globals().get("__name__")


def _listed(slots):
    return [slots] if isinstance(slots, str) else list(slots)


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
