"""training_examples: positives, negatives, and new negatives in every epoch."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from ass8_ask import Examples, examples_of, own_pairs
from ass8_corpora import sentence

from autograder.checks import skipgrams
from autograder.grading.verdicts import expect
from autograder.remote.client import Student

WINDOW, NUM_NS, SMALL = 2, 4, 8  # with 8 indices an accidental hit is certain to show
# Without a draw of a word that each draw gives with probability 0.06, as the law of ranks does: 6e-11
ROWS = 95
MOST_KEPT = 0.5  # of the negatives; a third is kept by chance where the law is as steep as rank ** -1.5


def corpus(rng: np.random.Generator, sentences: int, vocab: int = SMALL) -> list[np.ndarray]:
    return [sentence(rng, int(rng.integers(3, 9)), vocab) for _ in range(sentences)]


def seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 2**31 - 1))


@pytest.mark.item("negatives")
def test_positives_are_the_skipgrams_of_each_sentence(student: Student, rng: np.random.Generator) -> None:
    """The true contexts come first in each row and are the skip-grams; no pair reaches over a sentence's end.

    Some sentences are no longer than the window, some hold padding.
    """
    given = corpus(rng, 30) + [sentence(rng, WINDOW, SMALL) for _ in range(3)]
    given += [sentence(rng, 9, SMALL, zeros=3) for _ in range(3)]
    found = examples_of(student, given, WINDOW, NUM_NS, SMALL, seed(rng), 0)
    expect(
        bool((found.label[:, 0] == 1).all() and (found.label[:, 1:] == 0).all()),
        "The labels are not 1, 0, 0, … in every row.",
        "The true context is the first column of the contexts, and its label is 1.",
    )
    positives = np.stack([found.target, found.context[:, 0]], axis=1)
    check = skipgrams.compare_pairs(positives, given, WINDOW)
    if not check.ok and _counted(positives) == own_pairs(student, given, WINDOW):
        return  # the mistake is in skipgrams, which has items of its own
    joined = skipgrams.compare_pairs(positives, [np.concatenate(given)], WINDOW)
    expect(
        not joined.ok, "Pairs reach from one sentence into the next.", "Each sentence has pairs of its own."
    )
    expect(
        check.ok,
        "The first column of the contexts does not hold the skip-grams of the sentences.",
        "Of all sentences, with two words and with padding between the words, too?",
    )


@pytest.mark.item("negatives", weight=2)
def test_negatives_are_other_words(student: Student, rng: np.random.Generator) -> None:
    """Negatives are words of the vocabulary, never padding and never the true context of their row."""
    # As few words as leave room for negatives that are different and not the target, which is a student's choice too.
    for vocab, num_ns in ((SMALL, NUM_NS), (5, 2), (40, 6)):
        found = examples_of(student, corpus(rng, 60, vocab), WINDOW, num_ns, vocab, seed(rng), 1)
        negatives = found.context[:, 1:]
        expect(
            bool((negatives != 0).all()),
            "Padding is drawn as a negative.",
            "Many samplers count from 0; words begin at 1.",
        )
        expect(
            bool(((negatives > 0) & (negatives < vocab)).all()),
            "Some negatives are no indices of the vocabulary.",
            "Words are 1 … vocab - 1.",
        )
        expect(
            bool((negatives != found.context[:, :1]).all()),
            "In some rows the true context is among the negatives.",
            "In a small vocabulary chance hits the true context often: reject it, or draw from the other words.",
        )


@pytest.mark.item("negatives")
def test_every_word_can_be_a_negative(student: Student, rng: np.random.Generator) -> None:
    """In a long enough draw every word that is allowed occurs, the first and the last one included."""
    # Two groups of words that never meet. A student who avoids all true contexts of a target, not only that of the row,
    # can still draw each word for the targets of the other group.
    group = rng.permutation(np.arange(1, SMALL))
    given = [rng.choice(group[half::2], size=6).astype(np.int32) for half in (0, 1) for _ in range(100)]
    found = examples_of(student, given, WINDOW, NUM_NS, SMALL, seed(rng), 0)
    allowed, drawn = _may_draw(found, given), _draws(found)
    never = (drawn.sum(axis=0) == 0) & (allowed.sum(axis=0) >= ROWS)
    expect(
        not never.any(),
        "Some words are never drawn as negatives.",
        "Check the borders of the random numbers: the largest index is vocab - 1.",
    )
    expect(
        not ((drawn == 0) & (allowed >= ROWS)).any(),
        "Some words are never drawn as negatives beside a certain true context.",
        "Every word but the true context of the row should be possible: is one too many left out?",
    )


@pytest.mark.item("redraw", weight=2)
def test_epochs_have_other_negatives(student: Student, rng: np.random.Generator) -> None:
    """Any two epochs have the same pairs and, in nearly all rows, other negatives; with any seed, 0 included."""
    given = corpus(rng, 60, 300)
    for start, numbers in ((seed(rng), (0, 1, 2, 3, int(rng.integers(4, 20)))), (0, (0, 1))):
        epochs = [examples_of(student, given, WINDOW, NUM_NS, 300, start, epoch) for epoch in numbers]
        for one, two in itertools.combinations(epochs, 2):
            check = skipgrams.check_redraw(
                (one.target, one.context), (two.target, two.context), most_kept=MOST_KEPT
            )
            expect(check.ok, check.sentence, "Do the random numbers depend on the epoch?")


@pytest.mark.item("redraw")
def test_an_epoch_can_be_repeated(student: Student, rng: np.random.Generator) -> None:
    """The same seed and epoch give the same examples again, another seed gives other negatives."""
    given, start = corpus(rng, 60, 300), seed(rng)
    for epoch in (0, 3):
        one, again, other = (
            examples_of(student, given, WINDOW, NUM_NS, 300, s, epoch) for s in (start, start, start + 1)
        )
        expect(
            _rows(one) == _rows(again),
            "The same seed and epoch give other examples the second time.",
            "Make a generator from seed and epoch inside the function; a global one goes on where it stopped.",
        )
        expect(
            _rows(one) != _rows(other),
            "The seed does not change the negatives" + (" of the first epoch." if epoch == 0 else "."),
        )


def _counted(pairs: np.ndarray) -> Counter[tuple[int, int]]:
    return Counter((int(a), int(b)) for a, b in pairs)


def _rows(found: Examples) -> Counter[tuple[int, ...]]:
    """Rows as a multiset: their order is nobody's business, nor that of the negatives in a row."""
    return Counter(
        (int(t), int(c[0]), *sorted(int(n) for n in c[1:]))
        for t, c in zip(found.target, found.context, strict=True)
    )


def _may_draw(found: Examples, given: Sequence[np.ndarray]) -> np.ndarray:
    """[true context, word]: how many rows may have the word as a negative even if all true contexts of the target are
    avoided."""
    true = skipgrams.expected_pairs(given, WINDOW)
    counts = np.zeros((SMALL, SMALL), np.int64)
    for target, context in zip(found.target.tolist(), found.context[:, 0].tolist(), strict=True):
        for word in range(1, SMALL):
            counts[context % SMALL, word] += (target, word) not in true
    return counts


def _draws(found: Examples) -> np.ndarray:
    """[true context, word]: how often the word is a negative."""
    counts = np.zeros((SMALL, SMALL), np.int64)
    np.add.at(counts, (found.context[:, :1] % SMALL, found.context[:, 1:] % SMALL), 1)
    return counts
