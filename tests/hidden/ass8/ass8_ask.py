"""Questions to a student's functions that several tests ask in the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.remote import answers
from autograder.remote.client import Student
from autograder.remote.errors import StudentError

Sentence = np.ndarray
Pairs = Counter[tuple[int, int]]
FAR_TOO_MANY = 20  # times as many pairs as there can be
ALWAYS_READ = 10_000  # numbers, whatever was asked


@dataclass(frozen=True)
class Examples:
    """Training examples: target [m], context and label [m, 1 + num_ns], int64 after checking."""

    target: np.ndarray
    context: np.ndarray
    label: np.ndarray


def pairs_of(student: Student, words: Sentence, window: int) -> np.ndarray:
    """The student's `skipgrams` of one sentence, int64 [m, 2]; BadAnswer if it is nothing of the kind."""
    with student.arrays_as("numpy"):
        found = student.skipgrams.value(words, window)
    if isinstance(found, list | tuple) and not len(found):
        return np.zeros((0, 2), np.int64)
    if isinstance(found, np.ndarray) and not found.size:
        return np.zeros((0, 2), np.int64)
    return answers.integers(
        found, (None, 2), what="the pairs of skipgrams", most=2 * _most_pairs([words], window)
    )


def own_pairs(student: Student, corpus: Sequence[Sentence], window: int) -> Pairs | None:
    """What the student's own `skipgrams` makes of a corpus, sentence by sentence; None if it fails."""
    try:
        return Counter((int(a), int(b)) for words in corpus for a, b in pairs_of(student, words, window))
    except StudentError:
        return None


def examples_of(
    student: Student, corpus: Sequence[Sentence], window: int, num_ns: int, vocab: int, seed: int, epoch: int
) -> Examples:
    """The student's `training_examples`, checked for kind and shape."""
    with student.arrays_as("numpy"):
        found = student.training_examples.value(list(corpus), window, num_ns, vocab, seed, epoch)
    parts = answers.listing(found, 3, what="what training_examples returns")
    most = _most_pairs(corpus, window)
    target = answers.integers(parts[0], (None,), what="the targets", most=most)
    shape = (len(target), 1 + num_ns)
    room = (1 + num_ns) * most
    return Examples(
        target=target,
        context=answers.integers(parts[1], shape, what="the contexts", most=room),
        label=answers.integers(
            _as_integers(answers.array(parts[2], shape, None, what="the labels", most=room)),
            shape,
            what="the labels",
        ),
    )


def _most_pairs(corpus: Sequence[Sentence], window: int) -> int:
    """More than any answer that is worth to be looked at holds. Pairs are compared as tuples, which take far more
    memory and time than the array that came."""
    return max(ALWAYS_READ, FAR_TOO_MANY * 2 * window * sum(map(len, corpus)))


def _as_integers(value: object) -> object:
    """Labels of 0.0 and 1.0 are what some loss functions want; their dtype is judged by a test of its own."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and np.isfinite(value).all():
        return value.astype(np.int64) if (value == np.round(value)).all() else value
    return value
