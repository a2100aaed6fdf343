"""Streams whose order is slightly disturbed, as by a parallel map that need not be deterministic.

`settled` undoes small disturbances, so that what each order implies can be tested as if there had been none:
batches that are windows of the source but for a few elements become those windows; a few elements (or
batches) that crossed the border of an epoch go back. It returns the stream unchanged where nothing is to be
undone.
"""

from __future__ import annotations

import numpy as np

from autograder.checks.ordering_stream import Ints, Stream

LARGEST = 20_000  # elements of a stream for which simulation is worth its time
SIMULATIONS = 60
SLACK = 2.0  # mean displacement of a batch's start that passes for a disturbance; less in batches below eight


def settled_batches(stream: Stream) -> Stream:
    """Batches that are nearly windows of the (repeated) source become these windows."""
    if len(stream.pairs) < 30 or not _mostly_windows(stream):
        return stream
    starts = np.array([_start(b, stream.n) for b in stream.batches])
    short = int((stream.sizes < stream.batch).sum())
    per_epoch = -(-stream.n // stream.batch)
    fixed = np.arange(len(starts)) % per_epoch * stream.batch
    running = np.arange(len(starts)) * stream.batch % stream.n
    for expected in (fixed, running) if short != 1 else (running, fixed):
        matched = _matched(starts, expected, stream.n, stream.batch)
        if matched is not None:
            ideal = tuple(
                (start + np.arange(b.size)) % stream.n
                for start, b in zip(matched, stream.batches, strict=True)
            )
            calm = Stream(ideal, stream.n, stream.batch)
            if (calm.counts == stream.counts).all():  # nothing that is missing or repeated may be tidied away
                return calm
    return stream


def _mostly_windows(stream: Stream) -> bool:
    """True if neighbours follow each other too often for a shuffle of single elements, with a buffer of two.

    Such a shuffle leaves .375 of the neighbours together, with a standard deviation of .56 / sqrt(neighbours)
    (simulated); three in ten thousand streams lie 3.3 of them above.
    """
    least = max(0.5, 0.375 + 3.3 * 0.56 / len(stream.pairs) ** 0.5)
    return bool(least <= stream.consecutive < 1)


def settled_groups(stream: Stream) -> Stream:
    """Batches that crossed an epoch's border, in a stream with short batches, go back to the epoch they
    belong to."""
    if int((stream.sizes < stream.batch).sum()) < 2:
        return stream
    ends = np.cumsum(stream.sizes)[:-1]
    epoch = [round(float(part.mean())) for part in np.split(stream.occurrence, ends)]
    order = np.argsort(epoch, kind="stable")
    if (order == np.arange(order.size)).all():
        return stream
    return Stream(tuple(stream.batches[i] for i in order), stream.n, stream.batch)


def settled_epochs(stream: Stream) -> Stream:
    """Elements that crossed an epoch's border go back, if a shuffle behind the repeat would have moved far
    more.

    How many elements such a shuffle moves across borders is simulated, with the buffer that the stream shows.
    """
    order = _back(stream)
    if order is None:
        return stream
    back = stream.flat[order]
    return Stream(tuple(np.split(back, np.cumsum(stream.sizes)[:-1])), stream.n, stream.batch)


def settled_order_of_batches(stream: Stream) -> Stream:
    """The same for batches that come back in every epoch: they are the elements of a shuffle."""
    known = {key: number for number, key in enumerate(sorted(set(stream.keys)))}
    units = Stream((np.array([known[key] for key in stream.keys]),), len(known), 1)
    order = _back(units)
    if order is None:
        return stream
    return Stream(tuple(stream.batches[i] for i in order), stream.n, stream.batch)


def _back(stream: Stream) -> Ints | None:
    """The order in which epochs are clean again, if only a disturbance can have mixed them."""
    if stream.flat.size > LARGEST or stream.flat.size < 2 * stream.n:
        return None
    buffer = _buffer(stream)
    if buffer < 3:
        return None
    crossed = _crossed(stream.flat, stream.occurrence, stream.n)
    rng = np.random.default_rng(0)
    epochs = stream.flat.size // stream.n
    usual = [_crossed_by_shuffle(stream.n, epochs, buffer, rng) for _ in range(SIMULATIONS)]
    if not 0 < crossed < 0.5 * min(usual):
        return None
    return np.argsort(stream.occurrence, kind="stable")


def _buffer(stream: Stream) -> int:
    """A cautious estimate of the shuffle buffer, also where the source has another order than its elements
    say.

    The mean places of the elements give the source's order only roughly; with it a buffer looks about twice
    as large (measured for buffers of 5 to 40 and four epochs), which is taken off.
    """
    places = np.arange(stream.flat.size)
    copies = stream.n * stream.occurrence
    mean = np.bincount(stream.flat, places - copies, stream.n) / np.maximum(stream.counts, 1)
    learned = np.argsort(np.argsort(mean))[stream.flat]
    known, guessed = (int((order + copies - places).max(initial=0)) + 1 for order in (stream.flat, learned))
    return min(known, guessed // 2)


def _start(batch: Ints, n: int) -> int:
    """Where in the source a batch begins: what most of its elements say."""
    values, counts = np.unique((batch - np.arange(batch.size)) % n, return_counts=True)
    return int(values[counts.argmax()])


def _matched(starts: Ints, expected: Ints, n: int, batch: int) -> Ints | None:
    """The expected start for each batch, if the two differ but little when both are put in order."""
    order, wanted = np.argsort(starts, kind="stable"), np.sort(expected)
    best: tuple[float, Ints] | None = None
    for turn in range(-3, 4):  # a disturbed start may lie on the other side of 0
        turned = np.roll(wanted, turn)
        distance = np.abs((starts[order] - turned + n // 2) % n - n // 2)
        if best is None or distance.mean() < best[0]:
            best = float(distance.mean()), turned
    if best is None or best[0] > min(SLACK, batch / 4):
        return None
    matched = np.empty_like(starts)
    matched[order] = best[1]
    return matched


def _crossed(flat: Ints, occurrence: Ints, n: int) -> int:
    return int((np.arange(flat.size) // n != occurrence).sum())


def _crossed_by_shuffle(n: int, epochs: int, buffer: int, rng: np.random.Generator) -> int:
    source = np.tile(np.arange(n), epochs)
    draws = rng.random(source.size)
    held, out = list(source[:buffer]), []
    for place in range(source.size):
        at = int(draws[place] * len(held))
        out.append(held[at])
        if place + buffer < source.size:
            held[at] = source[place + buffer]
        else:
            held[at] = held[-1]
            held.pop()
    shuffled = Stream((np.array(out),), n, n)
    return _crossed(shuffled.flat, shuffled.occurrence, n)
