"""Sentences about a stream of batches: what in it speaks for which order of shuffle, batch and repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from autograder.checks.ordering_buffer import Buffer
from autograder.checks.ordering_fits import Fit
from autograder.checks.ordering_stream import Stream


def evidence_of(
    stream: Stream, fits: Mapping[str, Fit], in_order: bool, same: bool, frozen: bool, buffer: Buffer | None
) -> tuple[str, ...]:
    """The evidence for the orders in `fits`, most telling first."""
    fit = next(iter(fits.values()))
    found = []
    if in_order:
        found.append("Every epoch comes in the order of the source.")
    elif len(stream.pairs):
        found.append(_neighbours(stream, all(o.index("B") < o.index("S") for o in fits)))
    found.append(_sizes(stream, fit))
    if fit.epochs > 1 and not in_order:
        found.append(_epochs(stream, fits, same, frozen))
    if fit.dropped:
        found.append(_dropped(stream, fit))
    if buffer is not None:
        found.append(f"The effective shuffle buffer is {buffer.words}.")
    return tuple(sentence for sentence in found if sentence)


def facts_without_order(stream: Stream) -> tuple[str, ...]:
    """What can be said of a stream that fits no order."""
    if not stream.batches:
        return ()
    counts = stream.counts
    short = np.unique(stream.sizes[stream.sizes != stream.batch])
    facts = [f"It has {len(stream.batches)} batches with {stream.flat.size} elements."]
    if short.size:
        facts.append(
            f"Most batches have {stream.batch} elements, others {', '.join(map(str, short[:5].tolist()))}."
        )
    if counts.min() != counts.max():
        facts.append(f"Some elements come {counts.min()} times, others {counts.max()} times.")
        if np.unique(counts).size > 3:
            facts.append("They seem to be drawn with replacement.")
    if _fixed(stream):
        facts.append("The same elements stand together in a batch in every epoch, in changing places.")
    early = repeated_early(stream)
    if early:
        facts.append(early)
    return tuple(facts)


def _fixed(stream: Stream) -> bool:
    """True if every batch comes as often as every element."""
    times = int(stream.counts.min())
    return times > 1 and all(count == times for count in Counter(stream.keys).values())


def repeated_early(stream: Stream) -> str:
    """The first element that comes again before another has come at all, as a sentence; "" if there is
    none."""
    again = np.flatnonzero(stream.occurrence > 0)
    if not again.size:
        return ""
    place = int(again[0])
    unseen = np.setdiff1d(stream.flat, stream.flat[:place])
    if not unseen.size:
        return ""
    return (
        f"Element {stream.flat[place]} comes for the second time (as number {place + 1} of the stream) "
        f"before element {unseen[0]} has come once."
    )


def _neighbours(stream: Stream, batch_first: bool) -> str:
    if not batch_first:
        return "Neighbours in a batch are not neighbours in the data: shuffle stands before batch."
    if stream.consecutive >= 0.9:
        return "Each batch holds neighbouring elements of the data: batch stands before shuffle."
    return "The same elements stand together in batches every time: batch stands before shuffle."


def _sizes(stream: Stream, fit: Fit) -> str:
    short = int((stream.sizes < stream.batch).sum())
    straddling = _straddling(stream, fit)
    if short > 1 and short == fit.epochs:
        return f"There is one short batch in each of {fit.epochs} epochs: batch stands before repeat."
    if straddling is not None and fit.length % stream.batch:
        return f"Batch {straddling + 1} straddles the border of two epochs: repeat is before batch."
    if fit.epochs > 1 and short == 1:
        return f"Only one of {len(stream.batches)} batches is short: repeat stands before batch."
    if fit.epochs > 1 and not fit.length % stream.batch:
        return f"{fit.length} elements fill batches of {stream.batch} evenly, so no batch is short."
    return ""


def _straddling(stream: Stream, fit: Fit) -> int | None:
    """The first batch with elements of two epochs, where epochs are clean."""
    if not fit.clean or fit.groups:
        return None
    ends = np.cumsum(stream.sizes)
    starts = ends - stream.sizes
    crossing = np.flatnonzero(starts // fit.length != (ends - 1) // fit.length)
    return int(crossing[0]) if crossing.size else None


def _epochs(stream: Stream, fits: Mapping[str, Fit], same: bool, frozen: bool) -> str:
    if same and not frozen:
        return "All epochs have the same order, which may be chance."
    if same:
        return "All epochs have the same order: the shuffle is made once and not renewed."
    if all(fit.clean for fit in fits.values()):
        if "BSR" in fits and len(fits) == 1:
            return (
                "The same batches come back in every epoch, in changing order: shuffle stands before repeat."
            )
        return (
            "Every element comes once before any comes again, in a new order: shuffle stands before repeat."
        )
    if any(fit.clean for fit in fits.values()):
        return "Every element comes once before any comes again, which may be chance."
    if all(order.index("B") < order.index("S") for order in fits):
        return "Batches of different epochs are mixed: shuffle stands behind repeat."
    return repeated_early(stream) + " Epochs are mixed: shuffle stands behind repeat."


def _dropped(stream: Stream, fit: Fit) -> str:
    never = np.flatnonzero(stream.counts == 0)
    if never.size:
        return f"Remainders are dropped, and {never.size} elements never come at all."
    if fit.groups:
        return f"Remainders are dropped: {fit.length % stream.batch} elements are missing in each epoch."
    return "The remainder at the end of the stream is dropped."
