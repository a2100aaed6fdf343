"""What each order of shuffle, batch and repeat implies for a stream, as tests that a stream passes or not.

With n elements, batches of b and r epochs, m = ceil(n/b) and q = floor(n/b):
- B before R (SBR, BSR, BRS): r·m batches, in every epoch one of n mod b elements; with dropped remainders r·q
  batches.
- R before B (SRB, RSB, RBS): ceil(r·n/b) batches, only one of them short; with dropped remainders
  floor(r·n/b).
- SBR: each m batches hold every element once. BSR: and they are the same batches in every epoch.
- BRS: each of m fixed batches occurs r times. SRB: each n elements of the stream are all elements.
- RSB: every element occurs r times. RBS: batch k is the window k·b .. k·b + b - 1 of the repeated source.

A short batch may stand anywhere in its epoch (as when batches are shuffled once more). `uneven` streams, in
which some elements occur more often per epoch than others, are judged by what an epoch holds instead of n
different elements.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from autograder.checks.ordering_stream import Ints, Stream

MAX_ROTATIONS = 500


@dataclass(frozen=True, eq=False)
class Fit:
    """A stream seen as `epochs` epochs of `length` elements. `clean`: the order keeps epochs apart by itself.

    `groups` are the batches of each epoch (only for B before R), `blocks` the elements of each whole epoch.
    `same`: all whole epochs are equal; `in_order`: and they are the source. `dropped`: remainders left out
    (None: there are none).
    """

    epochs: int
    length: int
    clean: bool
    same: bool
    in_order: bool
    dropped: bool | None
    groups: tuple[range, ...]
    blocks: tuple[Ints, ...]


def epoch_lengths(stream: Stream, epochs: int | None, uneven: bool) -> tuple[Ints, int]:
    """How often each element occurs in an epoch, and how many elements that makes."""
    if not uneven:
        return np.ones(stream.n, np.int64), stream.n
    counts = stream.counts
    common = math.gcd(*counts.tolist())
    times = epochs if epochs and common % epochs == 0 else common
    times = max(times, 1)
    return counts // times, int(counts.sum()) // times


def _shuffle_batch_repeat(stream: Stream, epochs: int | None, complete: bool, uneven: bool) -> Fit | None:
    weights, length = epoch_lengths(stream, epochs, uneven)
    return next((f for d in (False, True) if (f := _by_groups(stream, weights, length, complete, d))), None)


def _batch_shuffle_repeat(stream: Stream, epochs: int | None, complete: bool, uneven: bool) -> Fit | None:
    fit = _shuffle_batch_repeat(stream, epochs, complete, uneven)
    if fit is None:
        return None
    epochs_of_keys = [Counter(stream.keys[i] for i in group) for group in fit.groups]
    first = epochs_of_keys[0]
    whole = [
        keys
        for keys, group in zip(epochs_of_keys, fit.groups, strict=True)
        if len(group) == len(fit.groups[0])
    ]
    if any(keys != first for keys in whole) or any(keys - first for keys in epochs_of_keys):
        return None
    return fit


def _batch_repeat_shuffle(stream: Stream, epochs: int | None, complete: bool, uneven: bool) -> Fit | None:
    weights, length = epoch_lengths(stream, epochs, uneven)
    for dropped in (False, True):
        per_epoch = _batches_per_epoch(length, stream.batch, dropped)
        if per_epoch is None:
            continue
        times, rest = divmod(len(stream.batches), per_epoch)
        keys = Counter(stream.keys)
        if complete and (rest or not _each_equally_often(keys, times)):
            continue
        held = np.bincount(np.concatenate([np.array(key) for key in keys.elements()]), minlength=stream.n)
        limit = weights * (times if complete else max(keys.values()))
        wrong = (held > limit).any() if dropped or not complete else (held != limit).any()
        remainder = length % stream.batch
        short = int((stream.sizes < stream.batch).sum())
        expected = 0 if dropped or not remainder else times
        if wrong or len(keys) > per_epoch * (1 if not uneven else times):
            continue
        if complete and (short != expected or (short and not _short_are(stream, remainder))):
            continue
        groups = tuple(
            range(k, min(k + per_epoch, len(stream.batches)))
            for k in range(0, len(stream.batches), per_epoch)
        )
        blocks = tuple(np.concatenate([stream.batches[i] for i in g]) for g in groups if len(g) == per_epoch)
        in_order = all(_sorted(block) for block in blocks)
        return Fit(
            max(times, 1), length, False, _equal(blocks), in_order, _drop(dropped, remainder), groups, blocks
        )
    return None


def _shuffle_repeat_batch(stream: Stream, epochs: int | None, complete: bool, uneven: bool) -> Fit | None:
    weights, length = epoch_lengths(stream, epochs, uneven)
    sized = _repeat_then_batch(stream, length, complete)
    if sized is None or (stream.sizes[:-1] < stream.batch).any():
        return None
    blocks = [stream.flat[k : k + length] for k in range(0, stream.flat.size, length)]
    for block in blocks:
        held = np.bincount(block, minlength=stream.n)
        if (held > weights).any() or (block.size == length and (held != weights).any()):
            return None
    whole = tuple(block for block in blocks if block.size == length)
    times, dropped = sized
    return Fit(times, length, True, _equal(whole), all(map(_sorted, blocks)), dropped, (), whole)


def _repeat_shuffle_batch(stream: Stream, epochs: int | None, complete: bool, uneven: bool) -> Fit | None:
    weights, length = epoch_lengths(stream, epochs, uneven)
    sized = _repeat_then_batch(stream, length, complete)
    if sized is None or (stream.sizes[:-1] < stream.batch).any():
        return None
    times, dropped = sized
    lacking = weights * times - stream.counts
    if complete and ((lacking < 0).any() or (not dropped and lacking.any())):
        return None
    blocks = tuple(stream.flat[k : k + length] for k in range(0, stream.flat.size - length + 1, length))
    return Fit(times, length, False, False, bool(blocks) and all(map(_sorted, blocks)), dropped, (), blocks)


def _repeat_batch_shuffle(stream: Stream, epochs: int | None, complete: bool, uneven: bool) -> Fit | None:
    _, length = epoch_lengths(stream, epochs, uneven)
    sized = _repeat_then_batch(stream, length, complete)
    if sized is None or length != stream.n:
        return None
    times, dropped = sized
    batches = stream.batches
    if len(stream.pairs) and stream.consecutive < 1:
        order = _cycle(stream)
        if order is None:
            return None
        batches = tuple(order[b] for b in batches)
    starts = np.array([b[0] for b in batches])
    sizes = stream.sizes
    expected = np.arange(len(batches)) * stream.batch % stream.n
    if not complete:
        step = math.gcd(stream.n, stream.batch)
        fits = len(np.unique(starts % step)) == 1
    elif (sizes < stream.batch).any():
        fits = _windows(starts, expected, int(starts[sizes.argmin()]), int(expected[-1]), stream.n)
    else:
        fits = any(
            _windows(starts, expected, int(start), 0, stream.n) for start in np.unique(starts)[:MAX_ROTATIONS]
        )
    if not fits:
        return None
    blocks = tuple(stream.flat[k : k + length] for k in range(0, stream.flat.size - length + 1, length))
    return Fit(times, length, False, False, bool(blocks) and all(map(_sorted, blocks)), dropped, (), blocks)


FITS: dict[str, Callable[[Stream, int | None, bool, bool], Fit | None]] = {
    "SBR": _shuffle_batch_repeat,
    "SRB": _shuffle_repeat_batch,
    "BSR": _batch_shuffle_repeat,
    "BRS": _batch_repeat_shuffle,
    "RSB": _repeat_shuffle_batch,
    "RBS": _repeat_batch_shuffle,
}


def _by_groups(stream: Stream, weights: Ints, length: int, complete: bool, dropped: bool) -> Fit | None:
    """Epochs of whole batches, each holding what an epoch should."""
    per_epoch = _batches_per_epoch(length, stream.batch, dropped)
    total = len(stream.batches)
    if per_epoch is None or (complete and total % per_epoch):
        return None
    remainder = length % stream.batch
    groups = tuple(range(k, min(k + per_epoch, total)) for k in range(0, total, per_epoch))
    blocks = []
    for group in groups:
        sizes = stream.sizes[group.start : group.stop]
        short = sizes[sizes < stream.batch]
        whole = len(group) == per_epoch
        expected = 1 if remainder and not dropped else 0
        if (sizes > stream.batch).any() or short.size > expected or (whole and short.size != expected):
            return None
        if (short != remainder).any():
            return None
        block = np.concatenate([stream.batches[i] for i in group])
        held = np.bincount(block, minlength=stream.n)
        if (held > weights).any() or (whole and not dropped and (held != weights).any()):
            return None
        if whole:
            blocks.append(block)
    if not blocks and complete:
        return None
    in_order = all(_sorted(block) for block in blocks)
    epochs = max(len(blocks), 1)
    return Fit(
        epochs, length, True, _equal(blocks), in_order, _drop(dropped, remainder), groups, tuple(blocks)
    )


def _batches_per_epoch(length: int, batch: int, dropped: bool) -> int | None:
    """None if there would be no batch, or if nothing is there to be dropped."""
    if dropped:
        return length // batch if length % batch and length >= batch else None
    return -(-length // batch)


def _repeat_then_batch(stream: Stream, length: int, complete: bool) -> tuple[int, bool | None] | None:
    """Epochs and whether a remainder was dropped, if the sizes are those of batches made from a repeated
    source."""
    total, batch = stream.flat.size, stream.batch
    short = stream.sizes[stream.sizes < batch]
    if (stream.sizes > batch).any() or short.size > 1:
        return None
    times, rest = divmod(total, length)
    if not complete:
        return max(times, 1), None
    if short.size:
        return (times, False) if not rest and total % batch == short[0] else None
    if not rest:
        return times, None
    return (times + 1, True) if length - rest < batch else None


def _short_are(stream: Stream, remainder: int) -> bool:
    return bool((stream.sizes[stream.sizes < stream.batch] == remainder).all())


def _each_equally_often(keys: Counter[tuple[int, ...]], times: int) -> bool:
    return all(count % times == 0 for count in keys.values()) if times else False


def _windows(starts: Ints, expected: Ints, start: int, place: int, n: int) -> bool:
    """True if the starts are those expected once the batch that starts at `start` is put at `place`."""
    shifted = np.sort((starts - start + place) % n)
    return bool((shifted == np.sort(expected)).all())


def _cycle(stream: Stream) -> Ints | None:
    """Positions along the cycle that neighbours within batches form, if each element has just one
    successor."""
    following = np.full(stream.n, -1, np.int64)
    following[stream.pairs[:, 0]] = stream.pairs[:, 1]
    if (following[stream.pairs[:, 0]] != stream.pairs[:, 1]).any() or (following < 0).any():
        return None
    position = np.full(stream.n, -1, np.int64)
    at = 0
    for step in range(stream.n):
        if position[at] >= 0:
            return None
        position[at] = step
        at = int(following[at])
    return position


def _equal(blocks: list[Ints] | tuple[Ints, ...]) -> bool:
    return len(blocks) > 1 and all(np.array_equal(block, blocks[0]) for block in blocks[1:])


def _sorted(block: Ints) -> bool:
    return bool((np.diff(block) >= 0).all())


def _drop(dropped: bool, remainder: int) -> bool | None:
    return dropped if remainder else None
