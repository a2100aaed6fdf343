"""The loss against an oracle, what the vectors learn, and analogies with planted answers."""

from __future__ import annotations

import ass8_pictures as pictures
import numpy as np
import pytest
from ass8_corpora import VOCABULARY, planted_analogies, topical
from ass8_thresholds import LEAST_SAME_TOPIC, SPREAD

from autograder.checks import accuracy, embeddings, skipgrams
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote import answers
from autograder.remote.client import Student

TOLERANCE = 1e-4
FLOATS = ("float32", "float64")


@pytest.mark.item("sgns-loss")
def test_loss(student: Student, rng: np.random.Generator) -> None:
    """sgns_loss equals an exact calculation for random tables, batches and numbers of negatives."""
    for vocab, dim, rows, num_ns in ((9, 4, 6, 3), (30, 8, 1, 1), (12, 5, 40, 7), (50, 16, 17, 4)):
        tables = [rng.normal(size=(vocab, dim)).astype(np.float32) for _ in range(2)]
        target = rng.integers(1, vocab, size=rows).astype(np.int32)
        context = rng.integers(1, vocab, size=(rows, 1 + num_ns)).astype(np.int32)
        label = np.zeros((rows, 1 + num_ns), np.int32)
        label[:, 0] = 1
        found = answers.scalar(student.sgns_loss(*tables, target, context, label), FLOATS, what="the loss")
        exact = skipgrams.sgns_loss(*tables, target, context, label)
        expect(
            abs(found - exact) <= TOLERANCE * max(1.0, abs(exact)),
            _difference(found, exact, num_ns, rows),
            "One yes-or-no question for each column: yes for the first, no for the negatives.",
        )


@pytest.mark.item("sgns-loss")
def test_loss_of_large_scores(student: Student, rng: np.random.Generator) -> None:
    """Scores of several hundred give the exact, finite loss."""
    tables = [15.0 * rng.normal(size=(20, 6)).astype(np.float32) for _ in range(2)]
    target = rng.integers(1, 20, size=8).astype(np.int32)
    context = rng.integers(1, 20, size=(8, 4)).astype(np.int32)
    label = np.tile(np.array([1, 0, 0, 0], np.int32), (8, 1))
    found = answers.scalar(
        student.sgns_loss(*tables, target, context, label), FLOATS, what="the loss of large scores"
    )
    exact = skipgrams.sgns_loss(*tables, target, context, label)
    expect(
        abs(found - exact) <= 1e-3 * abs(exact),
        "The loss of large scores is not exact.",
        "tf.nn has a cross-entropy that takes scores instead of probabilities.",
    )


def _difference(found: float, exact: float, num_ns: int, rows: int) -> str:
    for factor, sentence in (
        (1.0 / (1 + num_ns), "The loss is the mean over the columns of a row; it should be their sum."),
        (float(rows), "The loss is the sum over the batch; it should be the mean."),
    ):
        if rows > 1 and abs(found - factor * exact) <= TOLERANCE * abs(factor * exact):
            return sentence
    return "The loss differs from the exact value."


@pytest.mark.item("embedding-quality")
@pytest.mark.budget(120)
def test_neighbours_share_the_topic(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """After 10 epochs on an artificial language the nearest neighbour of a word is of its topic."""
    corpus, topics = topical(rng)
    tables: list[np.ndarray] = []

    def run(seed: int) -> tuple[int, int]:
        with student.arrays_as("numpy"):
            found = student.train_w2v.value(corpus, VOCABULARY, 16, 2, 4, 10, seed)
        pair = answers.listing(found, 2, what="what train_w2v returns")
        tables.append(answers.array(pair[0], (VOCABULARY, 16), FLOATS, what="the table E"))
        answers.array(pair[1], (VOCABULARY, 16), FLOATS, what="the table C")
        separation = embeddings.topic_separation(tables[-1], topics)
        return round(separation.same * separation.words), separation.words

    seeds = [int(s) for s in rng.integers(1, 2**31 - 1, size=3)]
    verdict = accuracy.decide(run, LEAST_SAME_TOPIC, seeds, spread=SPREAD)
    measure.figure(
        "words with a neighbour of their topic", round(verdict.estimate, 3), threshold=LEAST_SAME_TOPIC
    )
    measure.picture(
        "vectors",
        pictures.vectors(tables[-1], topics),
        "The vectors in two dimensions, a colour for each topic. Topics that were learned stand apart.",
    )
    expect(
        verdict.ok,
        f"Only {100 * verdict.estimate:.0f} % of the words have a nearest neighbour of their topic.",
        "Does the loss go down from epoch to epoch? Do both tables change? Are new negatives drawn?",
    )


@pytest.mark.item("analogy", weight=2)
def test_planted_analogies(student: Student, rng: np.random.Generator) -> None:
    """analogy finds the answers that were planted in a table, and the right ones after them, in order."""
    for _ in range(3):
        table = planted_analogies(rng)
        families = (len(table) - 1) // 4
        for _ in range(4):
            one, two = (int(f) for f in rng.choice(families, size=2, replace=False))
            a, b, c = 4 * one + 1, 4 * one + 2, 4 * two + 1
            found = _analogy(student, table, a, b, c, 3)
            expect(
                int(found[0]) == 4 * two + 2,
                "The answer that was planted in the table does not come first.",
                "a is to b as c is to the answer: which two vectors are added, which one is taken off?",
            )
            expect(
                [int(word) for word in found] == embeddings.analogy(table, a, b, c, 3),
                "The first answer is right, the ones after it are not.",
                "Cosine similarity, falling.",
            )


@pytest.mark.item("analogy")
def test_given_words_are_no_answers(student: Student, rng: np.random.Generator) -> None:
    """The three given words and padding are never among the answers, however similar they are."""
    for _ in range(6):
        table = rng.normal(size=(12, 4)).astype(np.float32)
        a, b, c = (int(word) for word in rng.choice(np.arange(1, 12), size=3, replace=False))
        # The first word is far from its own query, and padding anywhere: here both point exactly where the query does.
        table[a] = 0.1 * (table[b] + table[c])
        table[0] = table[b] + table[c]
        found = _analogy(student, table, a, b, c, 8)
        expect(
            not {0, a, b, c} & {int(word) for word in found},
            "A given word or the padding is among the answers.",
            "The nearest vector to the query is often one of the words that it was made from.",
        )


def _analogy(student: Student, table: np.ndarray, a: int, b: int, c: int, k: int) -> np.ndarray:
    with student.arrays_as("numpy"):
        found = student.analogy.value(table, a, b, c, k)
    return answers.integers(found, (k,), what="the answers of analogy")
