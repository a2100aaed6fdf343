import numpy as np
import pytest
from matplotlib.figure import Figure

from autograder.checks.bucketing import check_batches, reference_waste, waste_of_widths, waste_picture

RNG = np.random.default_rng(0)
SEQUENCES = [RNG.integers(1, 50, n) for n in np.clip(RNG.lognormal(3, 0.8, 83), 1, 120).astype(int)]
LABELS = RNG.integers(0, 2, len(SEQUENCES))


def made(order=None, size=4, width=None, side="post", labels=LABELS):
    order = range(len(SEQUENCES)) if order is None else order
    batches = []
    for k in range(0, len(order), size):
        rows = [SEQUENCES[i] for i in order[k : k + size]]
        t = width or max(map(len, rows))
        tokens = np.zeros((len(rows), t), np.int32)
        for row, place in zip(rows, tokens, strict=True):
            place[slice(0, len(row)) if side == "post" else slice(t - len(row), t)] = row
        batches.append((tokens, labels[list(order[k : k + size])]))
    return batches


def judge(batches):
    return check_batches(batches, SEQUENCES, LABELS, 4)


BY_LENGTH = sorted(range(len(SEQUENCES)), key=lambda i: len(SEQUENCES[i]))


def test_right_batches():
    plain, tight, wide = judge(made()), judge(made(BY_LENGTH)), judge(made(width=120))
    assert plain.ok
    assert tight.ok
    assert wide.ok
    assert plain.tight
    assert not wide.tight
    assert tight.waste < plain.waste < wide.waste
    assert tight.spread < plain.spread
    assert judge([[t.astype(np.int64).tolist(), y[:, None]] for t, y in made()]).ok


def test_the_waste_by_hand():
    result = check_batches(
        [(np.array([[1, 2, 3], [4, 0, 0]]), np.array([0, 1]))], [[1, 2, 3], [4]], [0, 1], 2
    )
    assert result.ok
    assert result.waste == pytest.approx(1 - 4 / 6)
    assert result.spread == 2
    assert waste_of_widths([3, 1], [[0, 1]]) == pytest.approx(1 - 4 / 6)
    reference = reference_waste([len(s) for s in SEQUENCES], 4, np.random.default_rng(0))
    assert reference["sorted"] < reference["padded"] < reference["global"]
    assert judge(made(BY_LENGTH)).waste == pytest.approx(reference["sorted"])


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        (made()[:-1], "lost"),
        (made(labels=1 - LABELS), "label of another"),
        (made(side="pre"), "at the end"),
        ([*made(), made()[0]], "more than once"),
        ([(t[:, :5], y) for t, y in made()], "cut"),
        (made(size=8), "8 rows"),
        ([], "list of batches"),
        (None, "list of batches"),
        ([np.zeros((2, 3))], "tokens"),
        ([(np.zeros((2, 3)), np.zeros(3))], "labels of shape"),
        ([(np.full((1, 2), 0.5), np.zeros(1))], "whole numbers"),
        (made(labels=LABELS + 0.5), "whole numbers"),
        ([(np.array([[-1]]), np.zeros(1))], "whole numbers"),
        ([(np.array([["a"]]), np.zeros(1))], "numbers"),
    ],
)
def test_wrong_batches(batches, words):
    result = judge(batches)
    assert not result.ok
    assert words in result.sentence


def test_the_picture():
    assert isinstance(
        waste_picture({"padded": judge(made()), "bucket": judge(made(BY_LENGTH))}, "waste"), Figure
    )
