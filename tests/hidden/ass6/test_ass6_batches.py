"""batches: everything is there, and little of it is padding.

Waste is the share of padding in all positions. What buckets have to halve is the waste of batches in random order, from
the lengths alone; so a student may sort, cut, or order in any way.
"""

from __future__ import annotations

import math

import ass6_mixes as mixes
import numpy as np
import pytest
from ass6_ask import checked_batches

from autograder.checks import bucketing
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote.client import Student

HALF = 0.5
NARROWER = 0.85  # of the waste of one global width: what batches of four rows in random order reach is about 0.7 of it
SMALL_BATCHES = 40  # that own buckets may leave besides the full batches


# batch-content


@pytest.mark.item("batch-content", weight=2)
def test_everything_is_in_global_batches(student: Student, rng: np.random.Generator) -> None:
    """Scheme "global": every sequence stands in one batch, once, whole, with its own label, and zeros behind it."""
    _expect_everything(student, rng, "global")


@pytest.mark.item("batch-content", weight=2)
def test_everything_is_in_padded_batches(student: Student, rng: np.random.Generator) -> None:
    """Scheme "padded": every sequence stands in one batch, once, whole, with its own label, and zeros behind it."""
    _expect_everything(student, rng, "padded")


@pytest.mark.item("batch-content", weight=2)
def test_everything_is_in_buckets(student: Student, rng: np.random.Generator) -> None:
    """Scheme "bucket": every sequence stands in one batch, once, whole, with its own label, and zeros behind it."""
    _expect_everything(student, rng, "bucket")


def _expect_everything(student: Student, rng: np.random.Generator, scheme: str) -> None:
    collections = [(mixes.short(rng, n), size) for n, size in ((133, 16), (37, 4), (5, 8), (64, 32), (1, 3))]
    for mix, batch_size in (
        *collections,
        (mixes.long_tail(rng, 150), 16),
    ):  # the long ones fill own buckets too
        found = checked_batches(student, mix, batch_size, scheme)
        expect(found.ok, f'Scheme "{scheme}": {found.sentence}', "Does the last, smaller batch stay in?")
    found = checked_batches(student, mixes.short(rng, 133), 16, scheme, again=True)
    expect(
        found.ok,
        f'Scheme "{scheme}", asked for twice with the same sequences and labels: {found.sentence}',
        "batches leaves its arguments as they are: sorted(…) makes a new list, .sort() changes the one that it gets.",
    )


@pytest.mark.item("batch-content")
def test_buckets_with_given_boundaries(student: Student, rng: np.random.Generator) -> None:
    """With boundaries given, everything is there too: lengths below the first, on one, and above the last."""
    for boundaries in ([4, 8], [3], [2, 5, 7, 9], [20, 30]):
        found = checked_batches(student, mixes.short(rng, 90), 8, "bucket", boundaries)
        expect(found.ok, f'Scheme "bucket" with boundaries: {found.sentence}', _EDGES)


@pytest.mark.item("batch-content")
def test_batches_are_full(student: Student, rng: np.random.Generator) -> None:
    """There are no more batches than rows of batch_size take, with buckets in each bucket."""
    for count in (203, 200):  # with a rest, and without
        mix, enough = mixes.short(rng, count), math.ceil(count / 10)
        for scheme in ("global", "padded"):
            many = len(checked_batches(student, mix, 10, scheme).per_batch)
            expect(many <= enough, f'Scheme "{scheme}" makes {many} batches where {enough} are enough.')
    mix = mixes.uniform(rng, 600)
    found = checked_batches(student, mix, 8, "bucket", [20, 40])
    expect(
        len(found.per_batch) <= 600 / 8 + 20,
        f"Three buckets make {len(found.per_batch)} batches; 78 are enough.",
    )


@pytest.mark.item("batch-content")
def test_widths(student: Student, rng: np.random.Generator) -> None:
    """Padded batches are as wide as their own longest sequence, global ones as the longest of all."""
    mix = mixes.short(rng, 90)
    padded = checked_batches(student, mix, 4, "padded")
    expect(
        padded.tight or not padded.ok,
        'Scheme "padded": a batch is wider than its longest sequence.',
        "The width is a matter of each batch by itself.",
    )
    whole = checked_batches(student, mix, 4, "global")
    longest = max(mix.lengths)
    expect(
        {width for width, _ in whole.per_batch} <= {longest},
        'Scheme "global": a batch is not as wide as the longest sequence of all.',
    )


_EDGES = "There is one bucket more than there are boundaries."


# batch-waste


@pytest.mark.item("batch-waste")
def test_padded_wastes_less_than_global(student: Student, rng: np.random.Generator) -> None:
    """Padded batches of four rows waste clearly less than one width for all."""
    mix = mixes.long_tail(rng, 800)
    found = checked_batches(student, mix, mixes.SMALL_BATCH, "padded")
    one_width = bucketing.reference_waste(mix.lengths, mixes.SMALL_BATCH, rng)["global"]
    expect(
        found.waste <= NARROWER * one_width,
        f"Padded batches of {mixes.SMALL_BATCH} rows are {_percent(found.waste)} padding; "
        f"with one width for all it would be {_percent(one_width)}.",
    )


@pytest.mark.item("batch-waste", weight=2)
def test_buckets_halve_the_waste(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """Buckets of your own choice waste at most half of what batches in random order waste."""
    mix = mixes.long_tail(rng, 2000)
    random_order = bucketing.reference_waste(mix.lengths, mixes.BATCH, rng)["padded"]
    found = checked_batches(student, mix, mixes.BATCH, "bucket")
    measure.figure("waste with buckets", round(found.waste, 3), threshold=round(HALF * random_order, 3))
    measure.figure("waste in random order", round(random_order, 3))
    _draw_waste(student, mix, found, measure)
    _expect_half(found, mix, random_order, SMALL_BATCHES, "")


@pytest.mark.item("batch-waste")
def test_given_boundaries_halve_the_waste(student: Student, rng: np.random.Generator) -> None:
    """Buckets with given boundaries waste at most half of what batches in random order waste."""
    mix = mixes.long_tail(rng, 2000)
    random_order = bucketing.reference_waste(mix.lengths, mixes.BATCH, rng)["padded"]
    for boundaries in ([60, 100, 150, 200, 260, 330, 410], list(range(25, 500, 25))):
        found = checked_batches(student, mix, mixes.BATCH, "bucket", boundaries)
        _expect_half(found, mix, random_order, len(boundaries) + 1, f" with {len(boundaries)} boundaries")


def _expect_half(
    found: bucketing.BatchCheck, mix: mixes.Mix, random_order: float, small: int, which: str
) -> None:
    rows, many = len(mix.seqs), len(found.per_batch)
    expect(
        found.waste <= HALF * random_order,
        f"Buckets{which}: {_percent(found.waste)} of all positions are padding; "
        f"in random order it would be {_percent(random_order)}.",
        "Are sequences of similar length in the same batch, and is the batch as narrow as they allow?",
    )
    expect(
        many <= rows / mixes.BATCH + small,
        f"Buckets{which}: {rows} sequences are cut into {many} batches, most of them small.",
        f"Batches of few rows waste nothing, but are slow; fill them up to {mixes.BATCH} rows.",
    )


def _draw_waste(student: Student, mix: mixes.Mix, found: bucketing.BatchCheck, measure: Measure) -> None:
    checks = {
        scheme: checked_batches(student, mix, mixes.BATCH, scheme) for scheme in ("global", "padded")
    } | {"bucket": found}
    measure.picture(
        "waste per batch",
        bucketing.waste_picture(checks),
        f"Your batches of up to {mixes.BATCH} made-up texts. With many rows nearly every batch has a long text in it, "
        "so padding each batch by itself gains little; buckets do.",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
