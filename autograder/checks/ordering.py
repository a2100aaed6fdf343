"""Which of the six orders of shuffle (S), batch (B) and repeat (R) made this stream of batches?

Works on the stream alone, so it does not matter how the pipeline is written: by tf.data with any map, cache,
prefetch, interleave or options, or by hand. An order is named by its letters from first to last; "SBR" is
shuffle, batch, repeat.

Three facts decide, for n elements in batches of b over r >= 2 epochs: 1. Neighbours within a batch are
neighbours in the source (or at least the same in every epoch): B before S. 2. A short batch in every epoch, b
not dividing n: B before R. Batches that straddle epochs: R before B. 3. Every element comes once before any
comes twice: S before R. Elements of different epochs mixed: R before S.

Each order is tested against all that it implies (sizes, contents of epochs, recurring batches); those that
survive are weighed by how often chance would make one look like the other. Orders that cannot differ (SBR and
SRB, or BRS and RBS, if b divides n) are named together. If chance could be the explanation the verdict is
"cannot tell", with the number of elements that would be enough. Remainders may be dropped. Elements that
never come, or come too often, and a wrong number of epochs are reported as problems, and the order is judged
all the same.

Source: the semantics of tf.data's shuffle, batch and repeat (tensorflow.org/guide/data); probabilities in
`ordering_buffer`. Input positions count from 0, batches and epochs in sentences from 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from autograder.checks.ordering_buffer import (
    CHANCE,
    Buffer,
    clean_by_chance,
    epochs_needed,
    equal_by_chance,
    estimate_buffer,
    estimate_mixed_buffer,
    source_is_known,
)
from autograder.checks.ordering_fits import FITS, Fit
from autograder.checks.ordering_jitter import (
    settled_batches,
    settled_epochs,
    settled_groups,
    settled_order_of_batches,
)
from autograder.checks.ordering_stream import MAX_ELEMENTS, Ints, Stream, StreamError, read_stream
from autograder.checks.ordering_words import evidence_of, facts_without_order

ORDERS = ("SBR", "SRB", "BSR", "BRS", "RSB", "RBS")
FAR_TOO_LONG = 20  # times as many elements as the epochs that were asked for hold
ALWAYS_READ = 10_000  # elements, which take no time
DISTURBED = "A few elements are out of place, as after a parallel map that is not deterministic."
ENOUGH_PAIRS = 10  # neighbours within batches; a buffer of two keeps as many in order with probability 1e-3


@dataclass(frozen=True)
class Match:
    """Whether a stream shows the order that was asked for, and why not."""

    ok: bool
    sentence: str


@dataclass(frozen=True)
class Ordering:
    """What the stream shows.

    `orders`: all that explain it. `certain`: they are one, or cannot differ for these sizes; otherwise
    "cannot tell", and `needed` elements would be enough (None: no number would). `shuffled`: False if every
    epoch is in source order. `reshuffled`: whether epochs differ (None where epochs mix, or are so short that
    they may be alike by chance). `buffer`: the effective one. `epochs` and `batch`: as observed. `dropped`:
    whether remainders were left out (None where there is none). `missing` and `repeated`: elements that never
    come or come more often than others. `problems`: what is wrong apart from the order.
    """

    orders: tuple[str, ...]
    certain: bool
    shuffled: bool | None
    reshuffled: bool | None
    buffer: Buffer | None
    epochs: int | None
    batch: int
    dropped: bool | None
    missing: tuple[int, ...]
    repeated: tuple[int, ...]
    evidence: tuple[str, ...]
    problems: tuple[str, ...]
    needed: int | None
    sentence: str

    @property
    def order(self) -> str | None:
        """The order, if it is certain and only one (or the first of those that cannot differ)."""
        return self.orders[0] if self.certain and self.orders else None

    def match(self, wanted: str) -> Match:
        """Does the stream show `wanted`, shuffled anew in every epoch, with all elements and epochs?"""
        if self.problems:
            return Match(False, " ".join(self.problems))
        if self.shuffled is False:
            return Match(False, "The elements come in their original order: nothing is shuffled.")
        if wanted not in self.orders:
            return Match(False, f"Asked for is {spelled(wanted)}. {self.sentence}")
        if not self.certain:
            return Match(False, self.sentence)
        if self.reshuffled is False:
            return Match(False, "Every epoch has the same order: the shuffle is not renewed.")
        return Match(True, f"The stream shows {spelled(wanted)}.")


def spelled(order: str) -> str:
    """ "SBR" as "shuffle, batch, repeat"."""
    return ", ".join({"S": "shuffle", "B": "batch", "R": "repeat"}[letter] for letter in order)


def identify(
    batches: Iterable[object],
    n: int,
    batch: int | None = None,
    epochs: int | None = None,
    *,
    source: Sequence[object] | None = None,
    complete: bool = True,
) -> Ordering:
    """Identify the order behind `batches`, the batches in the order in which they came.

    `n` elements in the source; `batch` and `epochs` as they were asked for, to be checked (None: not
    checked); `source` the elements in source order, if they are not 0 .. n-1; `complete` False if the stream
    was cut off (an endless repeat, say) at a border between batches. Raises ValueError for n < 1; all that a
    student's stream can be is answered.
    """
    if n < 1:
        raise ValueError("The data must have at least one element.")
    try:
        stream = read_stream(batches, n, source, MAX_ELEMENTS if epochs is None else _most(n, epochs))
    except StreamError as error:
        return _unreadable(str(error))
    problems = []
    if batch is not None and not _could_be(stream, batch):
        problems.append(f"Most batches have {stream.batch} elements, which is not the size asked for.")
    elif batch is not None:
        stream = Stream(stream.batches, stream.n, batch)
    stream = stream.forwards()
    stream, fits, disturbed = _settled(stream, epochs, complete)
    missing, repeated = _odd_elements(stream, fits) if complete else ([], [])
    if not fits and repeated and not missing and int(np.ptp(stream.counts)) == 1:
        complete = False  # an endless repeat, cut off a few elements behind the last epoch that was asked for
        fits = _fits(stream, epochs, complete)
    if not fits and (missing or repeated) and 4 * len(repeated) <= n:
        complete = True
        stream = _without_missing(stream)
        fits = _fits(stream, epochs, complete, uneven=True)
    if missing:
        problems.append(f"{_elements(missing)} never come{'s' if len(missing) == 1 else ''}.")
    if repeated:
        problems.append(
            f"{_elements(repeated)} come{'s' if len(repeated) == 1 else ''} more often than others."
        )
    found = _conclude(stream, fits, epochs, tuple(missing), tuple(repeated), problems, complete)
    if disturbed:
        found = replace(
            found, evidence=(*found.evidence, DISTURBED), sentence=f"{found.sentence} {DISTURBED}"
        )
    return found


def _most(n: int, epochs: int) -> int:
    """Elements of a stream that is worth to be analysed: one that is many times too long takes minutes."""
    return min(MAX_ELEMENTS, max(ALWAYS_READ, FAR_TOO_LONG * n * max(1, epochs)))


def _settled(stream: Stream, epochs: int | None, complete: bool) -> tuple[Stream, dict[str, Fit], bool]:
    """The stream with small disturbances undone, the orders that fit it, and whether anything was undone."""
    calm = settled_batches(stream) if complete else stream
    fits = _fits(calm, epochs, complete)
    tidy = calm
    if not fits:
        tidy = settled_groups(calm)
    elif set(fits) == {"RSB"}:
        tidy = settled_epochs(calm)
    elif "BRS" in fits and "BSR" not in fits:
        tidy = settled_order_of_batches(calm)
    if tidy is not calm:
        tidy_fits = _fits(tidy, epochs, complete)
        if tidy_fits:
            calm, fits = tidy, tidy_fits
    return calm, fits, calm is not stream


def _no_order(
    stream: Stream, missing: tuple[int, ...], repeated: tuple[int, ...], problems: list[str]
) -> Ordering:
    facts = facts_without_order(stream)
    return Ordering(
        orders=(),
        certain=False,
        shuffled=None,
        reshuffled=None,
        buffer=None,
        epochs=None,
        batch=stream.batch,
        dropped=None,
        missing=missing,
        repeated=repeated,
        evidence=facts,
        problems=tuple(problems),
        needed=None,
        sentence=" ".join(["The stream fits none of the six orders.", *facts]),
    )


def _could_be(stream: Stream, batch: int) -> bool:
    """True if the stream's sizes are possible for batches of that size: it is usual, or larger than all there
    is."""
    return stream.batch == batch or (
        int(stream.sizes.max()) <= batch and (len(stream.batches) == 1 or stream.n < batch)
    )


def _fits(stream: Stream, epochs: int | None, complete: bool, uneven: bool = False) -> dict[str, Fit]:
    """The orders whose implications all hold, with the epochs that each sees."""
    found = {order: FITS[order](stream, epochs, complete, uneven) for order in ORDERS}
    fits = {order: fit for order, fit in found.items() if fit is not None}
    asked = {order: fit for order, fit in fits.items() if fit.epochs == epochs}
    return asked or fits


def _conclude(
    stream: Stream,
    fits: dict[str, Fit],
    asked: int | None,
    missing: tuple[int, ...],
    repeated: tuple[int, ...],
    problems: list[str],
    complete: bool,
) -> Ordering:
    if not fits:
        return _no_order(stream, missing, repeated, problems)
    same = all(fit.same for fit in fits.values() if fit.clean) and any(fit.clean for fit in fits.values())
    in_order = all(fit.in_order for fit in fits.values()) or (same and stream.patterned)
    if not in_order:
        fits = _of_one_family(stream, fits, same)
        if not fits:
            return _no_order(stream, missing, repeated, problems)
    clean = {order: fit for order, fit in fits.items() if fit.clean}
    same = same and bool(clean)
    buffer = None if in_order else _buffer(stream, clean, fits)
    frozen = same and not in_order and _not_renewed(clean, buffer)
    if in_order:
        certain, needed = _in_order_for_sure(fits, len(stream.batches)), None
    else:
        fits, certain, needed = _weigh(stream, fits, clean, buffer, frozen, complete)
    fit = next(iter(fits.values()))
    if asked is not None and fit.epochs != asked and complete:
        held = "1 epoch" if fit.epochs == 1 else f"{fit.epochs} epochs"
        problems.append(f"The stream holds {held}, which is not the number asked for.")
    told = all(f.clean for f in fits.values()) and frozen == same
    reshuffled = not same if fit.epochs > 1 and told else None
    evidence = evidence_of(stream, fits, in_order, same and fit.epochs > 1, frozen, buffer)
    return Ordering(
        orders=tuple(fits),
        certain=certain,
        shuffled=not in_order,
        reshuffled=reshuffled,
        buffer=buffer,
        epochs=fit.epochs,
        batch=stream.batch,
        dropped=fit.dropped,
        missing=missing,
        repeated=repeated,
        evidence=evidence,
        problems=tuple(problems),
        needed=needed,
        sentence=_sentence(tuple(fits), certain, in_order, needed, evidence),
    )


def _not_renewed(clean: dict[str, Fit], buffer: Buffer | None) -> bool:
    """True if epochs as equal as these are too rare by chance: the shuffle is made once."""
    fit = next(iter(clean.values()))
    return equal_by_chance(*_cautious(clean, buffer), fit.epochs) < CHANCE


def _cautious(clean: dict[str, Fit], buffer: Buffer | None) -> tuple[Buffer, int]:
    """For estimates of chance: the buffer, and how many units an epoch has. As few as the orders allow, where
    they may be elements or batches."""
    units = min(len(fit.groups[0]) if order == "BSR" else fit.length for order, fit in clean.items())
    # Without the source's order a buffer cannot be measured; one of eight or more is then assumed.
    buffer = buffer or Buffer(8, None, "")
    return replace(buffer, low=min(units, buffer.low)), units


def _in_order_for_sure(fits: dict[str, Fit], batches: int) -> bool:
    """False if so few batches may have kept their order by chance."""
    chances = []
    for order, fit in fits.items():
        if order.index("B") < order.index("S"):
            units = len(fit.groups[0]) if fit.clean else batches
            chances.append(math.lgamma(units + 1) * (fit.epochs if fit.clean else 1))
    return all(chance > -math.log(CHANCE) for chance in chances)


def _of_one_family(stream: Stream, fits: dict[str, Fit], same: bool) -> dict[str, Fit]:
    """Only those with B before S, or only those with S before B, where neighbours within batches tell."""
    if len(stream.pairs) < ENOUGH_PAIRS:
        return fits
    seen, consistent = stream.successors
    constant = seen >= ENOUGH_PAIRS and consistent >= 0.9 and not same
    batch_first = stream.consecutive >= 0.9 or constant or stream.patterned_batches
    if not batch_first and not same and _recurring(fits.get("BSR")):
        return {}  # fixed batches that are shuffled inside: the batches of B before S, the neighbours of S before B
    family = {o: f for o, f in fits.items() if (o.index("B") < o.index("S")) == batch_first}
    return family


def _recurring(fit: Fit | None) -> bool:
    """True if every epoch consists of the same batches, and not by chance.

    A shuffle of single elements leaves the border between two batches uncrossed with a probability of at most
    one half, whatever its buffer.
    """
    if fit is None:
        return False
    borders = (len(fit.groups[0]) - 1) * (fit.epochs - 1)
    return bool(0.5**borders < CHANCE)


def _buffer(stream: Stream, clean: dict[str, Fit], fits: dict[str, Fit]) -> Buffer | None:
    fit = next(iter((clean or fits).values()))
    order = next(iter(clean or fits))
    known = stream.consecutive >= 0.9 or source_is_known(fit.blocks)
    if clean and not (fit.blocks and known):
        return None
    if order.index("S") < order.index("B") or order == "RSB":
        if clean:
            return estimate_buffer(fit.blocks, fit.length, "elements")
        return estimate_mixed_buffer(stream.flat, stream.occurrence, stream.n, "elements")
    firsts = np.array([b[0] for b in stream.batches])
    if clean:
        per_epoch = [np.argsort(np.argsort([stream.batches[i][0] for i in group])) for group in fit.groups]
        return estimate_buffer(per_epoch, max(len(g) for g in fit.groups), "batches")
    if order == "BRS" or stream.n % stream.batch == 0:
        number = np.searchsorted(np.unique(firsts), firsts)
        seen = Stream((number,), int(number.max()) + 1, 1)
        return estimate_mixed_buffer(number, seen.occurrence, seen.n, "batches")
    return _window_buffer(stream, firsts) if stream.consecutive == 1 else None


def _window_buffer(stream: Stream, firsts: Ints) -> Buffer | None:
    """The buffer behind windows over the repeated source (RBS): the k-th copy of a window is the k-th that
    was made."""
    made: dict[int, list[int]] = {}
    for k in reversed(range(len(firsts))):
        made.setdefault(k * stream.batch % stream.n, []).append(k)
    if Counter(firsts.tolist()) != Counter({first: len(copies) for first, copies in made.items()}):
        return None  # cut off: which windows are still to come is not known
    numbers = np.array([made[int(first)].pop() for first in firsts])
    return estimate_buffer([numbers], len(numbers), "batches")


def _weigh(
    stream: Stream,
    fits: dict[str, Fit],
    clean: dict[str, Fit],
    buffer: Buffer | None,
    frozen: bool,
    complete: bool,
) -> tuple[dict[str, Fit], bool, int | None]:
    """Leave out what only chance would make look like this; say whether the rest is certain, or what it would
    take."""
    mixed = {order: fit for order, fit in fits.items() if not fit.clean}
    needed: int | None = None
    doubtful = False
    if clean and mixed:
        fit = next(iter(clean.values()))
        buffer, units = _cautious(clean, buffer)
        if "RSB" in mixed:  # what left out elements make of a small buffer, if that is what made the stream
            least = estimate_mixed_buffer(stream.flat, stream.occurrence, stream.n, "")
            buffer = replace(buffer, low=min(buffer.low, least.low))
        if frozen or clean_by_chance(buffer, units, fit.epochs) < CHANCE:
            families = {o.index("B") < o.index("S") for o in clean}
            fits = {o: f for o, f in fits.items() if f.clean or (o.index("B") < o.index("S")) not in families}
        else:
            doubtful = True
            epochs = epochs_needed(buffer, units)
            needed = None if epochs is None else max(epochs, fit.epochs + 1) * fit.length
    first = next(iter(fits.values()))
    if len(fits) > 1 and not doubtful and not _cannot_differ(stream, fits):
        doubtful = True
        remainder = first.length % stream.batch
        enough = 3 if first.epochs < 3 or not remainder else math.ceil(stream.batch / remainder)
        needed = max(enough, first.epochs + 1) * first.length
    if (
        len(stream.pairs) < ENOUGH_PAIRS
        and stream.batch > 1
        and len({o.index("B") < o.index("S") for o in fits}) > 1
    ):
        doubtful = True
        needed = max(needed or 0, stream.flat.size + 2 * ENOUGH_PAIRS, 3 * stream.n)
    if not complete and first.epochs < 2 and len(fits) > 1:
        doubtful, needed = True, max(needed or 0, 3 * stream.n)
    return fits, not doubtful, needed


def _cannot_differ(stream: Stream, fits: dict[str, Fit]) -> bool:
    """True if these orders give the same streams for these sizes, whatever the epochs."""
    fit = next(iter(fits.values()))
    if fit.epochs < 2 or fit.length % stream.batch:
        return False
    if stream.batch == 1:
        return True
    return set(fits) in ({"SBR", "SRB"}, {"BRS", "RBS"})


def _odd_elements(stream: Stream, fits: dict[str, Fit]) -> tuple[list[int], list[int]]:
    """Elements that never come (unless a dropped remainder explains it) and elements that come too often."""
    counts = stream.counts
    missing = [] if any(fit.dropped for fit in fits.values()) else np.flatnonzero(counts == 0).tolist()
    present = counts[counts > 0]
    usual = Counter(present.tolist()).most_common(1)[0][0]
    repeated = [] if fits else np.flatnonzero(counts > usual).tolist()
    return missing, repeated


def _without_missing(stream: Stream) -> Stream:
    """The same stream over the elements that do come, in their order."""
    ranks = np.cumsum(stream.counts > 0) - 1
    return Stream(tuple(ranks[b] for b in stream.batches), int((stream.counts > 0).sum()), stream.batch)


def _elements(found: Sequence[int]) -> str:
    shown = ", ".join(str(v) for v in found[:5]) + (", …" if len(found) > 5 else "")
    return f"{len(found)} elements ({shown})" if len(found) > 1 else f"Element {shown}"


def _sentence(
    orders: tuple[str, ...], certain: bool, in_order: bool, needed: int | None, evidence: tuple[str, ...]
) -> str:
    names = " or ".join(spelled(order) for order in orders)
    if in_order:
        return "The elements come in their original order: nothing is shuffled."
    if certain and len(orders) == 1:
        verdict = f"The order is {names}."
    elif certain:
        verdict = f"The order is {names}: for these sizes they give the same stream."
    elif needed is not None:
        verdict = f"Cannot tell: {names}. At least {needed} elements would be needed."
    else:
        verdict = f"Cannot tell: {names}. No number of elements would tell them apart."
    return " ".join([verdict, *evidence])


def _unreadable(problem: str) -> Ordering:
    nothing = Stream((), 1, 0)
    return replace(_no_order(nothing, (), (), [problem]), evidence=(), sentence=problem)
