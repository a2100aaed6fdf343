"""skipgrams and n_skipgrams against brute force and the closed form."""

from __future__ import annotations

import ass8_pictures as pictures
import numpy as np
import pytest
from ass8_ask import pairs_of
from ass8_corpora import distinct, sentence

from autograder.checks import skipgrams
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote import answers
from autograder.remote.client import Student

DOGS = np.arange(1, 6, dtype=np.int32)  # "I like to cuddle dogs", the notebook's example
LARGE = 100_000  # a vocabulary that 16 bits do not hold
SHOWN = np.array([1, 2, 0, 3, 2], dtype=np.int32)


@pytest.mark.item("skipgram-count")
def test_number_of_pairs(student: Student, rng: np.random.Generator) -> None:
    """skipgrams finds as many pairs as there are, for sentences of different words and several windows."""
    cases = [(DOGS, 2), (DOGS, 1), (distinct(rng, 2), 5)]
    cases += [(distinct(rng, int(rng.integers(3, 14))), int(rng.integers(1, 8))) for _ in range(8)]
    for words, window in cases:
        found, wanted = len(pairs_of(student, words, window)), skipgrams.count(len(words), window)
        expect(
            found == wanted,
            "The number of pairs is too small." if found < wanted else "The number of pairs is too large.",
            "The window reaches to both sides, and ends where the sentence ends.",
        )


@pytest.mark.item("skipgram-count")
def test_closed_form(student: Student, rng: np.random.Generator) -> None:
    """n_skipgrams gives the number of pairs for short sentences, long ones, and windows longer than the sentence."""
    cases = [(5, 2), (1, 3), (4, 3), (3, 3), (2, 9)]
    cases += [(int(rng.integers(1, 12)), int(rng.integers(1, 8))) for _ in range(12)]
    for n, window in cases:
        found = answers.integer(student.n_skipgrams(n, window), what="the number that n_skipgrams returns")
        expect(
            found == skipgrams.count(n, window),
            "n_skipgrams is wrong for a window that reaches over the sentence."
            if window >= n
            else "n_skipgrams is wrong for some length and window.",
            "How many pairs does each distance 1, 2, … contribute, and up to which distance?",
        )


@pytest.mark.item("skipgram-count")
@pytest.mark.budget(5)
def test_closed_form_counts_without_building(student: Student, rng: np.random.Generator) -> None:
    """n_skipgrams answers at once for sentences of many millions of words."""
    n, window = int(rng.integers(5_000_000_000, 9_000_000_000)), int(rng.integers(1_000_000, 2_000_000))
    found = answers.integer(student.n_skipgrams(n, window), what="the number that n_skipgrams returns")
    expect(found == skipgrams.count(n, window), "n_skipgrams is wrong for a very long sentence.")


@pytest.mark.item("skipgram-pairs")
def test_pairs_are_the_right_ones(
    student: Student,
    rng: np.random.Generator,
    measure: Measure,
) -> None:
    """The pairs are exactly those of the window, each as often as it occurs, repeated words included."""
    measure.picture(
        "pairs",
        pictures.pairs(pairs_of(student, SHOWN, 2), SHOWN, 2),
        "The pairs of the sentence 1 2 0 3 2 with window 2: how often each is found, and how often it should be.",
    )
    for _ in range(10):
        words = sentence(rng, int(rng.integers(2, 15)), 8)
        window = int(rng.integers(1, 6))
        check = skipgrams.compare_pairs(pairs_of(student, words, window), [words], window)
        expect(check.ok, check.sentence)
    words = sentence(rng, 12, LARGE)
    check = skipgrams.compare_pairs(pairs_of(student, words, 3), [words], 3)
    expect(check.ok, "Words with large numbers come back as others.", "They are int32: keep them in 32 bits.")


@pytest.mark.item("skipgram-pairs")
def test_padding_is_no_word_but_takes_its_place(student: Student, rng: np.random.Generator) -> None:
    """Padding is neither target nor context, keeps its place, and at the end of a sentence changes nothing."""
    cases = [(np.array([1, 2, 0, 3], dtype=np.int32), 2), (np.array([0, 0, 0], dtype=np.int32), 1)]
    cases += [
        (sentence(rng, 12, 7, zeros=int(rng.integers(1, 6))), int(rng.integers(1, 5))) for _ in range(8)
    ]
    for words, window in cases:
        check = skipgrams.compare_pairs(pairs_of(student, words, window), [words], window)
        expect(check.ok, check.sentence, "What happens at a 0, and what at the words on both sides of it?")
    words = sentence(rng, 9, 7)
    padded = np.concatenate([words, np.zeros(6, np.int32)])
    check = skipgrams.compare_pairs(pairs_of(student, padded, 3), [words], 3)
    expect(check.ok, "Padding at the end of a sentence changes its pairs.")


@pytest.mark.item("bonus-cbow")
def test_cbow(student: Student, rng: np.random.Generator) -> None:
    """cbow_examples: the words around each word, filled up with zeros (for the grader of the bonus)."""
    for _ in range(5):
        words, window = sentence(rng, int(rng.integers(3, 12)), 9), int(rng.integers(1, 4))
        with student.arrays_as("numpy"):
            contexts, targets = answers.listing(
                student.cbow_examples.value(words, window), 2, what="cbow_examples"
            )
        check = skipgrams.compare_cbow(contexts, targets, words, window)
        expect(check.ok, check.sentence)
