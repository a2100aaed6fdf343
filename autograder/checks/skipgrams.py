"""Skip-grams and negative samples, counted and compared with what they must be.

A skip-gram of a sequence is a pair (centre, context) of words at most `window` places apart, in both
directions. Index 0 is padding: it is neither centre nor context, but it takes up its place. No pair crosses a
sequence's border.

Counts: n different words give w·(2n - w - 1) pairs if n > w, else n·(n - 1): each of the distances d = 1 .. w
occurs n - d times, in two directions. Everything else is compared with brute force.

Source: Mikolov et al., Distributed representations of words and phrases and their compositionality (NIPS
2013) for negative sampling and subsampling; the sampling table is that of Keras (`make_sampling_table`),
which puts Zipf's law in place of counts. Word indices are integers >= 1; arrays come from outside and are
checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Pair = tuple[int, int]
Ints = NDArray[np.int64]

EULER = 0.577215664901532860606512090082402431


@dataclass(frozen=True)
class PairCheck:
    """`ok` if the pairs are exactly those expected, as a multiset. `missing` and `extra` count pairs."""

    ok: bool
    found: int
    expected: int
    missing: tuple[tuple[Pair, int], ...]
    extra: tuple[tuple[Pair, int], ...]
    sentence: str


@dataclass(frozen=True)
class NegativesCheck:
    """`ok` if shapes, labels, range and hits are right. `hits` rows hold their own context among the
    negatives; `unseen` are words that never were drawn although many draws allowed them."""

    ok: bool
    rows: int
    hits: int
    out_of_range: int
    unseen: tuple[int, ...]
    sentence: str


@dataclass(frozen=True)
class RedrawCheck:
    """`changed` is the share of rows whose negatives differ between two epochs, compared pair by pair."""

    ok: bool
    changed: float
    least: float
    sentence: str


def count(n: int, window: int) -> int:
    """Number of skip-grams of n different words."""
    if n < 0 or window < 0:
        raise ValueError("The number of words and the window must not be negative.")
    return window * (2 * n - window - 1) if n > window else n * (n - 1)


def expected_pairs(sequences: Iterable[Sequence[int]], window: int, padding: int | None = 0) -> Counter[Pair]:
    """The multiset of skip-grams of some sequences, by brute force. `padding` None: every index is a word."""
    pairs: Counter[Pair] = Counter()
    for sequence in sequences:
        words = [int(word) for word in sequence]
        for at, centre in enumerate(words):
            for near in range(max(0, at - window), min(len(words), at + window + 1)):
                if near != at and padding not in (centre, words[near]):
                    pairs[centre, words[near]] += 1
    return pairs


def compare_pairs(
    answer: object, sequences: Iterable[Sequence[int]], window: int, padding: int | None = 0
) -> PairCheck:
    """Compare pairs i32[m, 2] (any order of rows) with the skip-grams of `sequences`, and name a typical
    slip."""
    listed = [list(sequence) for sequence in sequences]
    expected = expected_pairs(listed, window, padding)
    total = expected.total()
    pairs = _integers(answer)
    if pairs is None or pairs.ndim != 2 or pairs.shape[1] != 2:
        if not (pairs is not None and pairs.size == 0 and not total):
            shape = "" if pairs is None else f", not {pairs.shape}"
            return PairCheck(False, 0, total, (), (), f"The pairs should be integers of shape (m, 2){shape}.")
        pairs = np.zeros((0, 2), np.int64)
    found = Counter((int(a), int(b)) for a, b in pairs)
    if found == expected:
        return PairCheck(True, total, total, (), (), f"All {total} skip-grams are right.")
    missing, extra = expected - found, found - expected
    return PairCheck(
        ok=False,
        found=found.total(),
        expected=total,
        missing=tuple(missing.most_common(10)),
        extra=tuple(extra.most_common(10)),
        sentence=_slip(found, expected, listed, window, padding),
    )


def expected_cbow(sequence: Sequence[int], window: int) -> Counter[tuple[tuple[int, ...], int]]:
    """The multiset of CBOW examples: the words around each word, sorted and without padding, and the word
    itself.

    Words without any neighbour give no example.
    """
    words = [int(word) for word in sequence]
    examples: Counter[tuple[tuple[int, ...], int]] = Counter()
    for at, centre in enumerate(words):
        around = words[max(0, at - window) : at] + words[at + 1 : at + window + 1]
        context = tuple(sorted(word for word in around if word != 0))
        if centre != 0 and context:
            examples[context, centre] += 1
    return examples


def compare_cbow(contexts: object, targets: object, sequence: Sequence[int], window: int) -> PairCheck:
    """Compare CBOW examples (i32[m, 2·window] padded with zeros, i32[m]) with those of the sequence."""
    expected = expected_cbow(sequence, window)
    rows, words = _integers(contexts), _integers(targets)
    fits = (
        rows is not None and words is not None and rows.shape == (words.size, 2 * window) and words.ndim == 1
    )
    if rows is None or words is None or not fits:
        sentence = f"CBOW examples are contexts of shape (m, {2 * window}) and as many target words."
        return PairCheck(False, 0, expected.total(), (), (), sentence)
    found = Counter(
        (tuple(sorted(int(v) for v in row if v != 0)), int(word))
        for row, word in zip(rows, words, strict=True)
    )
    ok = found == expected
    wrong = (expected - found).total()
    sentence = (
        "All CBOW examples are right." if ok else f"{wrong} of {expected.total()} CBOW examples are missing."
    )
    return PairCheck(ok, found.total(), expected.total(), (), (), sentence)


def check_negatives(
    target: object,
    context: object,
    label: object,
    sequences: Iterable[Sequence[int]],
    window: int,
    num_ns: int,
    vocab: int,
) -> NegativesCheck:
    """Check training examples: target i32[m], context and label i32[m, 1 + num_ns], the true context first.

    Negatives lie in [1, vocab) and are never the row's true context. A word counts as unseen if no row drew
    it although at least 200 draws could have, even for a student who avoids all true contexts of the target.
    """
    t, c, y = _integers(target), _integers(context), _integers(label)

    def wrong(
        sentence: str, rows: int = 0, hits: int = 0, out: int = 0, unseen: Sequence[int] = ()
    ) -> NegativesCheck:
        return NegativesCheck(False, rows, hits, out, tuple(unseen), sentence)

    if t is None or c is None or y is None:
        return wrong("Targets, contexts and labels should be arrays of integers.")
    if t.ndim != 1 or c.shape != (t.size, 1 + num_ns) or y.shape != c.shape:
        return wrong(
            f"Contexts and labels should have the shape (m, {1 + num_ns}), with m targets; got {c.shape}."
        )
    m = t.size
    if not m:
        return wrong("There are no training examples.")
    right_label = np.zeros_like(y)
    right_label[:, 0] = 1
    if (y != right_label).any():
        return wrong(
            "Labels should be 1 for the true context, which comes first, and 0 for the negatives.", m
        )
    pairs = compare_pairs(np.stack([t, c[:, 0]], axis=1), (listed := [list(s) for s in sequences]), window)
    if not pairs.ok:
        return wrong("The true contexts are not those of the skip-grams: " + pairs.sentence, m)
    negatives = c[:, 1:]
    out = int(((negatives < 1) | (negatives >= vocab)).sum())
    hits = int((negatives == c[:, :1]).any(axis=1).sum())
    if out:
        zero = " The padding index 0 is among them." if (negatives == 0).any() else ""
        return wrong(
            f"{out} negatives are no words of the vocabulary (1 to {vocab - 1}).{zero}", m, hits, out
        )
    if hits:
        return wrong(f"{hits} of {m} rows have their true context among the negatives.", m, hits)
    unseen = _unseen(t, negatives, expected_pairs(listed, window), vocab)
    if unseen:
        shown = ", ".join(map(str, unseen[:5]))
        return wrong(f"Some words are never drawn as negatives: {shown}.", m, 0, 0, unseen)
    return NegativesCheck(True, m, 0, 0, (), f"The negatives of all {m} examples are right.")


def check_redraw(
    first: tuple[object, object],
    second: tuple[object, object],
    least: float = 0.9,
    most_kept: float = 1.0,
) -> RedrawCheck:
    """Do two epochs, each (target, context), have the same pairs but new negatives in more than `least` of
    the rows?

    Rows may come in any order, and so may the negatives of a row: for each pair the rows of negatives are compared as
    multisets of multisets. `most_kept` is the share of single negatives that may be the same, for vocabularies so large
    that few are by chance: of 4 negatives among 299 words a tenth under the log-uniform law, an eighth under 1 / rank.
    """
    epochs = []
    for target, context in (first, second):
        t, c = _integers(target), _integers(context)
        if t is None or c is None or t.ndim != 1 or c.ndim != 2 or len(c) != t.size or c.shape[1] < 2:
            return RedrawCheck(
                False, 0.0, least, "An epoch should be targets (m) and contexts (m, 1 + negatives)."
            )
        epochs.append(
            Counter((int(a), int(row[0]), *sorted(map(int, row[1:]))) for a, row in zip(t, c, strict=True))
        )
    one, two = epochs
    if Counter(row[:2] for row in one.elements()) != Counter(row[:2] for row in two.elements()):
        return RedrawCheck(
            False, 0.0, least, "The two epochs do not have the same pairs of target and context."
        )
    if not one:
        return RedrawCheck(False, 0.0, least, "There are no training examples.")
    changed = 1 - (one & two).total() / one.total()
    kept = _in_common(one, two)
    if changed > least and kept > most_kept:
        return RedrawCheck(
            False, changed, least, f"{100 * kept:.0f} % of the negatives are the same in another epoch."
        )
    if changed > least:
        return RedrawCheck(True, changed, least, f"{100 * changed:.0f} % of the rows have new negatives.")
    if changed == 0:
        return RedrawCheck(False, 0.0, least, "Every epoch has the same negatives: they are drawn only once.")
    return RedrawCheck(False, changed, least, f"Only {100 * changed:.0f} % of the rows have new negatives.")


def _in_common(one: Counter[tuple[int, ...]], two: Counter[tuple[int, ...]]) -> float:
    """The share of negatives that an epoch, as rows (target, true context, negatives …), has beside the same pairs as
    another one."""
    first, second = (
        Counter((*row[:2], word) for row in epoch.elements() for word in row[2:]) for epoch in (one, two)
    )
    return (first & second).total() / first.total()


def sampling_table(size: int, factor: float = 1e-5) -> NDArray[np.float64]:
    """Probability of keeping the word of rank i (0 is padding, taken as rank 1), shape [size].

    Under Zipf's law 1 / (rank frequency) is about r·(ln r + gamma) + 1/2 - 1/(12 r); the share kept of a word
    with frequency f is min(1, sqrt(factor / f)).
    """
    rank = np.maximum(np.arange(size, dtype=np.float64), 1)
    inverse = rank * (np.log(rank) + EULER) + 0.5 - 1.0 / (12.0 * rank)
    return np.minimum(1.0, np.sqrt(factor * inverse))


def law_p_value(draws: ArrayLike, law: ArrayLike) -> float:
    """p of a chi-square test that `draws` (indices) follow `law` (probabilities by index, sum 1).

    Cells with fewer than five expected draws are put together. 0 if something impossible was drawn.
    """
    probabilities = np.asarray(law, dtype=np.float64)
    observed = np.bincount(np.asarray(draws, dtype=np.int64).ravel(), minlength=probabilities.size)
    if observed.size > probabilities.size or observed[probabilities == 0].any():
        return 0.0
    expected = probabilities * observed.sum()
    rare = expected < 5
    seen = np.append(observed[~rare], observed[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    keep = wanted > 0
    return float(stats.chisquare(seen[keep], wanted[keep]).pvalue) if keep.sum() > 1 else 1.0


def sgns_loss(
    embeddings: ArrayLike, contexts: ArrayLike, target: ArrayLike, context: ArrayLike, label: ArrayLike
) -> float:
    """Oracle in float64: sigmoid cross-entropy of the scores E[target]·C[context], summed over the row, mean
    over rows."""
    e, c = np.asarray(embeddings, np.float64), np.asarray(contexts, np.float64)
    scores = np.einsum("md,mkd->mk", e[np.asarray(target)], c[np.asarray(context)])
    y = np.asarray(label, np.float64)
    return float((np.logaddexp(0, scores) - y * scores).sum(axis=1).mean())


def _integers(value: object) -> Ints | None:
    """The array, if it is one of integers (or of floats that are integers)."""
    if type(value) is not np.ndarray and not isinstance(value, list | tuple):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.round(array)).all():
        array = array.astype(np.int64)
    return array.astype(np.int64) if array.dtype.kind in "iu" else None


def _unseen(t: Ints, negatives: Ints, true: Counter[Pair], vocab: int) -> list[int]:
    drawn = np.bincount(negatives.ravel(), minlength=vocab)
    unseen = []
    for word in range(1, vocab):
        allowed = sum(1 for target in t.tolist() if (target, word) not in true) * negatives.shape[1]
        if not drawn[word] and allowed >= 200 * max(1, vocab // 8):
            unseen.append(word)
    return unseen


def _slip(
    found: Counter[Pair],
    expected: Counter[Pair],
    sequences: list[list[int]],
    window: int,
    padding: int | None,
) -> str:
    """The typical mistake that explains the pairs exactly, or what is missing and what is too much."""
    joined = [[word for sequence in sequences for word in sequence]]

    def one_sided(step: int) -> Counter[Pair]:
        kept: Counter[Pair] = Counter()
        for words in sequences:
            for at, centre in enumerate(words):
                for distance in range(1, window + 1):
                    near = at + step * distance
                    if 0 <= near < len(words) and padding not in (centre, words[near]):
                        kept[int(centre), int(words[near])] += 1
        return kept

    same = Counter({(int(word), int(word)): 1 for words in sequences for word in words if word != padding})
    squeezed = [[word for word in words if word != padding] for words in sequences]
    explanations: list[tuple[str, Callable[[], Counter[Pair]]]] = [
        ("the window is applied to one side only", lambda: one_sided(1)),
        ("the window is applied to one side only", lambda: one_sided(-1)),
        ("the window counts both sides together", lambda: expected_pairs(sequences, window // 2, padding)),
        ("padding is removed, though it takes up a place", lambda: expected_pairs(squeezed, window, None)),
        ("the window reaches one word too far", lambda: expected_pairs(sequences, window + 1, padding)),
        ("the window is one word too short", lambda: expected_pairs(sequences, max(window - 1, 0), padding)),
        ("the padding index 0 is treated as a word", lambda: expected_pairs(sequences, window, None)),
        ("pairs cross the border between sequences", lambda: expected_pairs(joined, window, padding)),
        ("pairs that occur more than once are given only once", lambda: Counter(dict.fromkeys(expected, 1))),
    ]
    for words, explanation in explanations:
        if explanation() == found:
            return f"It looks as if {words}."
    extra, missing = found - expected, expected - found
    if not missing and set(extra) <= set(same):
        return "Words are paired with themselves (a place with the same place)."
    parts = []
    if missing:
        parts.append(f"{missing.total()} of {expected.total()} pairs are missing")
    if extra:
        parts.append(f"{extra.total()} pairs are too many")
    return "; ".join(parts).capitalize() + "."
