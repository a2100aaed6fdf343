import numpy as np
import pytest

from autograder.checks import embeddings, skipgrams
from autograder.checks.skipgrams import check_negatives, check_redraw, compare_pairs, count, expected_pairs

SENTENCE = [1, 2, 3, 4, 5]


def pairs_of(sequences, window, padding=0):
    return np.array(sorted(expected_pairs(sequences, window, padding).elements()), dtype=np.int32).reshape(
        -1, 2
    )


def test_counts():
    assert count(5, 2) == 14  # "I like to cuddle dogs"
    for n in range(12):
        for window in range(8):
            assert count(n, window) == expected_pairs([range(1, n + 1)], window).total()
    with pytest.raises(ValueError, match="negative"):
        count(-1, 2)


def test_padding_takes_up_a_place():
    assert set(expected_pairs([[1, 2, 0, 3]], 2)) == {(1, 2), (2, 1), (2, 3), (3, 2)}
    assert expected_pairs([[1, 2, 3, 0, 0, 0]], 2) == expected_pairs([[1, 2, 3]], 2)
    assert expected_pairs([[1, 1]], 1)[1, 1] == 2
    assert expected_pairs([[1, 2], [3]], 2).total() == 2


def test_keras_agrees():
    sequence = pytest.importorskip("keras.src.legacy.preprocessing.sequence")
    rng = np.random.default_rng(2)
    for _ in range(20):
        words = rng.integers(0, 6, rng.integers(1, 12)).tolist()
        window = int(rng.integers(1, 5))
        couples, _ = sequence.skipgrams(words, 6, window_size=window, negative_samples=0, shuffle=False)
        assert compare_pairs(np.array(couples).reshape(-1, 2), [words], window).ok
    table = sequence.make_sampling_table(50)
    np.testing.assert_allclose(skipgrams.sampling_table(50), table, rtol=5e-4)


@pytest.mark.parametrize(
    "view", [np.asarray, lambda p: p.tolist(), lambda p: p.astype(float), lambda p: p[::-1].copy()]
)
def test_right_pairs_in_any_order_and_form(view):
    assert compare_pairs(view(pairs_of([SENTENCE], 2)), [SENTENCE], 2).ok


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda s, w: [(a, b) for a, b in pairs_of([s], w) if a < b], "one side only"),
        (lambda s, w: pairs_of([s], w // 2), "both sides together"),
        (lambda s, w: pairs_of([s], w + 1), "too far"),
        (lambda s, w: [*pairs_of([s], w).tolist(), *((v, v) for v in s)], "paired with themselves"),
        (lambda s, w: pairs_of([s], w)[:-1], "missing"),
        (lambda s, w: [*pairs_of([s], w).tolist(), (9, 9)], "too many"),
    ],
)
def test_wrong_pairs_are_explained(wrong, words):
    result = compare_pairs(np.array(wrong(SENTENCE, 2)), [SENTENCE], 2)
    assert not result.ok
    assert words in result.sentence


def test_wrong_treatment_of_padding_borders_and_repetitions():
    padded = [[1, 2, 0, 3]]
    assert "treated as a word" in compare_pairs(pairs_of(padded, 2, None), padded, 2).sentence
    assert "takes up a place" in compare_pairs(pairs_of([[1, 2, 3]], 2), padded, 2).sentence
    lines = [[1, 2, 3], [4, 5, 6]]
    assert "cross the border" in compare_pairs(pairs_of([[*lines[0], *lines[1]]], 2), lines, 2).sentence
    repeated = [[1, 2, 1, 2]]
    once = np.unique(pairs_of(repeated, 2), axis=0)
    assert "only once" in compare_pairs(once, repeated, 2).sentence


@pytest.mark.parametrize(
    "answer", [None, "pairs", 3, np.zeros((4, 3), int), np.array([[0.5, 1]]), [[1], [2, 3]], []]
)
def test_answers_that_are_no_pairs(answer):
    assert not compare_pairs(answer, [SENTENCE], 2).ok


def test_no_pairs_where_there_are_none():
    assert compare_pairs(np.zeros((0, 2), int), [[1]], 2).ok
    assert compare_pairs([], [[0, 1]], 2).ok


def test_cbow():
    examples = skipgrams.expected_cbow([1, 2, 0, 3], 1)
    assert set(examples) == {((2,), 1), ((1,), 2)}
    contexts = np.array([[2, 0], [1, 0]])
    assert skipgrams.compare_cbow(contexts, np.array([1, 2]), [1, 2, 0, 3], 1).ok
    assert not skipgrams.compare_cbow(contexts, np.array([2, 1]), [1, 2, 0, 3], 1).ok
    assert not skipgrams.compare_cbow(contexts[:, :1], np.array([1, 2]), [1, 2, 0, 3], 1).ok
    assert not skipgrams.compare_cbow(None, None, [1], 1).ok


VOCAB, NUM_NS, WINDOW = 8, 4, 2
LINES = [[1, 2, 3, 4, 5, 6, 7], [7, 5, 3, 1], [2, 4, 6]] * 4


def examples(rng, avoid="context", low=1):
    """Target, context, label with negatives by rejection: avoiding the row's context, all true contexts, or
    nothing."""
    pairs = pairs_of(LINES, WINDOW)
    rng.shuffle(pairs)
    true = expected_pairs(LINES, WINDOW)
    rows = []
    for target, context in pairs.tolist():
        row = [context]
        banned = (
            {context}
            if avoid == "context"
            else {c for t, c in true if t == target}
            if avoid == "all"
            else set()
        )
        while len(row) < 1 + NUM_NS:
            drawn = int(rng.integers(low, VOCAB))
            if drawn not in banned:
                row.append(drawn)
        rows.append(row)
    label = np.zeros((len(rows), 1 + NUM_NS), np.int32)
    label[:, 0] = 1
    return pairs[:, 0].copy(), np.array(rows), label


def judge(target, context, label):
    return check_negatives(target, context, label, LINES, WINDOW, NUM_NS, VOCAB)


@pytest.mark.parametrize("avoid", ["context", "all"])
def test_right_negatives(avoid):
    result = judge(*examples(np.random.default_rng(0), avoid))
    assert result.ok, result.sentence


def test_wrong_negatives():
    rng = np.random.default_rng(0)
    target, context, label = examples(rng, "nothing")
    assert "true context among the negatives" in judge(target, context, label).sentence
    target, context, label = examples(rng, low=0)
    assert "padding index 0" in judge(target, context, label).sentence
    target, context, label = examples(rng)
    assert "comes first" in judge(target, context[:, ::-1], label[:, ::-1]).sentence
    assert "true contexts are not" in judge(target[::-1].copy(), context, label).sentence
    assert "shape" in judge(target, context[:, :3], label[:, :3]).sentence
    assert "integers" in judge(target, context + 0.5, label).sentence
    few = context.copy()
    few[:, 1:] = np.where(context[:, :1] == 1, 2, 1)
    result = judge(target, few, label)
    assert not result.ok
    assert result.unseen
    assert set(result.unseen) <= {3, 4, 5, 6, 7}
    assert not check_negatives(np.zeros(0, int), np.zeros((0, 5), int), np.zeros((0, 5), int), [], 2, 4, 8).ok


def test_redraw():
    rng = np.random.default_rng(0)
    first, second = examples(rng)[:2], examples(rng)[:2]
    assert check_redraw(first, second).ok
    order = rng.permutation(len(first[0]))
    shuffled = first[0][order], first[1][order]
    same = check_redraw(first, shuffled)
    assert not same.ok
    assert "drawn only once" in same.sentence
    half = first[1].copy()
    half[::2] = first[1][::2, [0, 2, 1, 4, 3]]
    assert not check_redraw(first, (first[0], half)).ok
    last = first[1].copy()
    last[:, -1] = last[:, -1] + VOCAB  # one of NUM_NS is another one in every row
    assert check_redraw(first, (first[0], last)).ok
    kept = check_redraw(first, (first[0], last), most_kept=0.5)
    assert not kept.ok
    assert f"{100 * (NUM_NS - 1) / NUM_NS:.0f} % of the negatives are the same" in kept.sentence
    turned = first[1][:, [0, *range(first[1].shape[1] - 1, 0, -1)]]
    assert check_redraw(first, (first[0], turned)).changed == 0  # the same negatives in another order
    assert "same pairs" in check_redraw(first, (second[0][::-1], second[1])).sentence
    assert not check_redraw(first, (None, "x")).ok


def test_laws():
    rng = np.random.default_rng(0)
    law = np.array([0, 0.5, 0.3, 0.2])
    draws = rng.choice(4, 3000, p=law)
    assert skipgrams.law_p_value(draws, law) > 1e-4
    assert skipgrams.law_p_value(draws, [0, 0.4, 0.4, 0.2]) < 1e-4
    assert skipgrams.law_p_value([0, 1], law) == 0
    assert skipgrams.law_p_value([7], law) == 0


def test_the_loss():
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    e, c = rng.normal(size=(8, 5)), rng.normal(size=(8, 5))
    target, context, label = examples(rng)
    scores = tf.einsum("md,mkd->mk", tf.gather(e, target), tf.gather(c, context))
    losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(label, tf.float64), scores)
    expected = float(tf.reduce_mean(tf.reduce_sum(losses, axis=1)))
    assert skipgrams.sgns_loss(e, c, target, context, label) == pytest.approx(expected)
    assert np.isfinite(skipgrams.sgns_loss(1e3 * e, 1e3 * c, target, context, label))


def test_topics_and_neighbours():
    rng = np.random.default_rng(0)
    topics = [-1, *([0] * 5), *([1] * 5), *([2] * 5)]
    centres = rng.normal(size=(3, 10))
    good = np.stack([np.zeros(10), *(centres[t] + 0.1 * rng.normal(size=10) for t in topics[1:])])
    result = embeddings.topic_separation(good, topics)
    assert result.ok
    assert result.same == 1
    assert result.gap > 0.3
    assert not embeddings.topic_separation(rng.normal(size=(16, 10)), topics).ok
    assert set(embeddings.nearest_neighbours(good, 1, 4)) == {2, 3, 4, 5}
    for broken in (None, good[:5], np.full((16, 3), np.nan), good.astype(object)):
        assert not embeddings.topic_separation(broken, topics).ok


def test_analogy():
    e = np.array([[9, 9, 9], [1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1], [-1, -1, 0]], dtype=float)
    assert embeddings.analogy(e, 1, 2, 3, 1) == [4]
    assert 0 not in embeddings.analogy(e, 1, 2, 3, 5)[:2]
