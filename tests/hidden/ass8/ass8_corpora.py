"""Sentences that are drawn at grading time: random ones, and an artificial language with topics."""

from __future__ import annotations

import numpy as np

Sentence = np.ndarray  # int32 [n]

TOPICS, WORDS_PER_TOPIC = 6, 10
VOCABULARY = 1 + TOPICS * WORDS_PER_TOPIC


def sentence(rng: np.random.Generator, length: int, vocab: int, zeros: int = 0) -> Sentence:
    """Random words 1 … vocab - 1, with repetitions; `zeros` of the places hold padding."""
    words = rng.integers(1, vocab, size=length)
    words[rng.permutation(length)[:zeros]] = 0
    return words.astype(np.int32)


def distinct(rng: np.random.Generator, length: int) -> Sentence:
    """Different words in random order."""
    return (rng.permutation(3 * length)[:length] + 1).astype(np.int32)


def topical(rng: np.random.Generator, sentences: int = 600) -> tuple[list[Sentence], np.ndarray]:
    """Sentences of 6 to 12 words that keep to a topic, and the topic of each index, -1 for padding.

    Which words belong together is drawn as well, so that neighbouring indices tell nothing.
    """
    words = rng.permutation(np.arange(1, VOCABULARY)).reshape(TOPICS, WORDS_PER_TOPIC)
    topic_of = np.full(VOCABULARY, -1)
    for topic, members in enumerate(words):
        topic_of[members] = topic
    corpus = [
        rng.choice(words[rng.integers(TOPICS)], size=rng.integers(6, 13)).astype(np.int32)
        for _ in range(sentences)
    ]
    return corpus, topic_of


def planted_analogies(rng: np.random.Generator, families: int = 8, dim: int = 12) -> np.ndarray:
    """A table float32 [1 + 4 * families, dim] in which word 4f + 2 - (4f + 1) is the same direction in every family.

    Family f holds the indices 4f + 1 … 4f + 4: a base, the base moved by the common direction, and two others.
    """
    direction = rng.normal(size=dim)
    rows = [np.zeros(dim)]
    for _ in range(families):
        base = 2.0 * rng.normal(size=dim)
        rows += [base, base + direction, 2.0 * rng.normal(size=dim), 2.0 * rng.normal(size=dim)]
    scale = rng.uniform(0.5, 2.0)
    return (scale * np.array(rows)).astype(np.float32)
