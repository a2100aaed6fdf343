"""autograder.checks.polarity: made-up reviews whose verdict hangs on every word."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checks import polarity

KIND = polarity.Kind(vocab=30, shortest=4, longest=8, steps=12)


@pytest.fixture
def made() -> polarity.Reviews:
    return polarity.reviews(KIND, np.random.default_rng(3), 1000, 500)


def test_shapes_and_tokens(made: polarity.Reviews) -> None:
    assert made.x_train.shape == (1000, 12)
    assert made.x_test.shape == (500, 12)
    assert made.x_train.dtype == np.int32
    assert made.y_train.dtype == np.int32
    assert made.x_train.max() == 29, "the training data show the whole vocabulary"
    lengths = (made.x_train > 0).sum(axis=1)
    assert lengths.min() == 4
    assert lengths.max() == 8
    assert ((made.x_train > 0) == (np.arange(12) < lengths[:, None])).all(), "padding stands behind the words"


def test_verdicts_follow_from_the_words_alone(made: polarity.Reviews) -> None:
    """A linear model of word counts finds the scores, and judges the others rightly."""
    counts = _counts(made.x_train)
    scores, *_ = np.linalg.lstsq(counts, 2.0 * made.y_train - 1.0, rcond=None)
    assert ((_counts(made.x_test) @ scores > 0) == made.y_test).mean() > 0.97
    assert 0.4 < made.y_test.mean() < 0.6


def test_the_last_word_says_little(made: polarity.Reviews) -> None:
    last = made.x_train[np.arange(1000), (made.x_train > 0).sum(axis=1) - 1]
    by_word = np.array(
        [made.y_train[last == word].mean() if (last == word).any() else 0.5 for word in range(30)]
    )
    last_test = made.x_test[np.arange(500), (made.x_test > 0).sum(axis=1) - 1]
    assert ((by_word[last_test] > 0.5) == made.y_test).mean() < 0.75


def test_equal_seeds_give_equal_reviews(made: polarity.Reviews) -> None:
    again = polarity.reviews(KIND, np.random.default_rng(3), 1000, 500)
    assert (again.x_test == made.x_test).all()
    assert (again.y_train == made.y_train).all()


def _counts(tokens: np.ndarray) -> np.ndarray:
    return np.stack([(tokens == word).sum(axis=1) for word in range(1, KIND.vocab)], axis=1).astype(float)
