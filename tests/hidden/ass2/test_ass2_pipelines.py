"""make_dataset and ordered: what a stream of batches holds, and in which order.

Every image of the hidden data has its own position written into its pixels, so that the stream itself tells where each
example came from. Orders are judged by `checks.ordering`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from ass2_ask import numbers, stream

from autograder.checks import ordering, ordering_picture
from autograder.checks.ordering_stream import StreamError
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote import answers
from autograder.remote.client import Student
from autograder.remote.errors import BadAnswer

Array = np.ndarray
TOLERANCE = 1e-6
FAR_TOO_MANY = 20  # times as many elements as were asked for: no order is worth to be looked for in them
BITS = 10  # positions below 1024, written as ten pixels that are black or white

IMAGES, LABELS = "the images of a batch", "the labels of a batch"


@dataclass(frozen=True)
class Examples:
    """x: uint8 [n, 28, 28], the position of an image in binary in its first pixels;  y: uint8 [n]."""

    x: Array
    y: Array

    def positions(self, images: Array) -> Array:
        """Which image each row [b, 784] is, however it was scaled; may be any number for other images."""
        rows = images.reshape(len(images), -1).astype(np.float64)
        marks = rows[:, :BITS] > rows.max(axis=1, keepdims=True) / 2
        return np.asarray(marks @ (1 << np.arange(BITS)))


def _examples(rng: np.random.Generator, n: int, brightest: int, classes: int) -> Examples:
    # Only a few images are so bright: who divides by the largest pixel of an image or a batch is seen.
    bright = rng.integers(100, 200, (n, 1))
    bright[rng.permutation(n)[:4]] = brightest
    x = rng.integers(0, bright + 1, (n, 784)).astype(np.uint8)
    x[:, :BITS] = bright * (np.arange(n)[:, None] >> np.arange(BITS) & 1)
    x[:, BITS] = bright[:, 0]
    x[:, BITS + 1] = 0
    return Examples(x.reshape(n, 28, 28), rng.integers(0, classes, n).astype(np.uint8))


@dataclass(frozen=True)
class Asked:
    """The arguments of one make_dataset, and the batches that came back."""

    n: int
    batch: int
    buffer: int
    epochs: int
    examples: Examples
    batches: list[tuple[Array, Array]]

    @property
    def positions(self) -> list[Array]:
        return [self.examples.positions(images) for images, _ in self.batches]


def _ask(
    student: Student,
    rng: np.random.Generator,
    n: int,
    seed: int | None,
    brightest: int = 255,
    classes: int = 10,
) -> Asked:
    batch, epochs = int(rng.integers(5, 9)), 3
    while n % batch == 0:
        batch += 1
    buffer = int(rng.integers(n // 4, n // 3))
    examples = _examples(rng, n, brightest, classes)
    most = epochs * (n // batch + 1) + 5

    def make() -> object:
        return student.make_dataset.keep(examples.x, examples.y, batch, buffer, epochs, seed)

    batches: list[tuple[Array, Array]] = []
    room = FAR_TOO_MANY * n * epochs
    for element in stream(student, make, most):
        pair = answers.listing(element, 2, what="a batch")
        images = answers.array(pair[0], dtype=None, what=IMAGES)
        labels = answers.array(pair[1], (None,), None, what=LABELS, most=room)
        room -= len(labels)
        if images.ndim == 0 or images.size != len(labels) * 784:
            raise BadAnswer("A batch: expected 784 pixels for each label.")
        batches.append((images, labels))
    expect(len(batches) > 0, "The dataset is empty.")
    expect(
        len(batches) < most,
        "The dataset does not end after the epochs that were asked for.",
        "Give the number of epochs to repeat.",
    )
    return Asked(n, batch, buffer, epochs, examples, batches)


@pytest.mark.item("data-pipeline")
def test_batches_have_the_right_form(student: Student, rng: np.random.Generator) -> None:
    """Images are float32 [b, 784] between 0 and 1, labels int32 [b], and each image has its own pixels and label."""
    for brightest, classes in ((255, 10), (220, 256)):
        _expect_form(_ask(student, rng, 60, 1, brightest, classes), brightest)


def _expect_form(asked: Asked, brightest: int) -> None:
    for images, labels in asked.batches:
        answers.array(images, (len(labels), 784), "float32", what=IMAGES)
        answers.array(labels, (len(labels),), "int32", what=LABELS)
    images = np.concatenate([images for images, _ in asked.batches])
    labels = np.concatenate([labels for _, labels in asked.batches])
    largest = float(images.max())
    expect(
        abs(largest - brightest / 255) < TOLERANCE and images.min() >= 0,
        f"The pixel value {brightest} becomes {largest:.6g} instead of {brightest / 255:.6g}.",
        "Divide by 255 once, as floating point numbers.",
    )
    places = asked.examples.positions(images)
    expect(bool((places < asked.n).all()), "There are images that are none of those that were given.")
    wanted = asked.examples.x.reshape(asked.n, 784)[places] / 255.0
    expect(
        bool(np.abs(images - wanted).max() <= TOLERANCE),
        "The pixels are not those of the images divided by 255.",
        "Divide every image by the same 255, after turning bytes into floating point numbers.",
    )
    right = labels == asked.examples.y[places]
    expect(
        bool(right.all() or not right[asked.examples.y[places] < 10].all()),
        "Labels from 10 on become others.",
        "They are uint8: any number from 0 to 255, whatever data the images are from.",
    )
    expect(
        bool(right.all()),
        "Images and labels do not belong together.",
        "Shuffle pairs of an image and its label, not images and labels apart.",
    )


@pytest.mark.item("data-pipeline")
def test_every_example_comes_once_per_epoch(student: Student, rng: np.random.Generator) -> None:
    """In each epoch every example comes once, the remainder too, in batches of the size asked for."""
    for seed in (None, int(rng.integers(1, 10_000))):
        asked = _ask(student, rng, int(rng.integers(80, 120)), seed)
        sizes = [len(labels) for _, labels in asked.batches]
        counts = np.bincount(np.concatenate(asked.positions), minlength=1 << BITS)[: asked.n]
        never, uneven = int((counts == 0).sum()), int((counts != asked.epochs).sum())
        expect(
            uneven == 0,
            f"{100 * uneven / asked.n:.0f} % of the examples come more or less often than once per epoch"
            + (f", {100 * never / asked.n:.0f} % never." if never else "."),
            "Is a short last batch dropped? Do take or skip stand behind the shuffle?",
        )
        flat = np.concatenate(asked.positions)
        blocks = flat.reshape(asked.epochs, asked.n)
        expect(
            bool((np.sort(blocks, axis=1) == np.arange(asked.n)).all()),
            "Epochs run into each other: some examples come again before all have come.",
            "Shuffle before you repeat.",
        )
        rest = asked.n % asked.batch
        by_epoch = ([asked.batch] * (asked.n // asked.batch) + [rest]) * asked.epochs
        total = asked.n * asked.epochs
        in_one = [asked.batch] * (total // asked.batch) + [total % asked.batch] * (total % asked.batch > 0)
        expect(
            sizes in (by_epoch, in_one),
            "Not all batches have the size that was asked for, and a short one stands where none should.",
            "Full batches, and a short one at the end of each epoch, or only at the very end.",
        )


@pytest.mark.item("data-pipeline")
def test_the_order_is_random_and_new(student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """The order is random, new in every epoch, and mixes as far as the buffer allows."""
    for seed in (int(rng.integers(1, 10_000)), None):
        asked = _ask(student, rng, int(rng.integers(140, 180)), seed)
        flat = np.concatenate(asked.positions)
        if seed is None:
            shown = [batch.tolist() for batch in asked.positions]
            _show(measure, shown, asked.n, "stream", f"make_dataset, buffer {asked.buffer}")
        length = len(flat) // asked.epochs
        blocks = flat[: length * asked.epochs].reshape(asked.epochs, length)
        reach = int((blocks - np.arange(length)).max()) + 1
        measure.figure(
            "reach of the shuffle" + (", no seed" if seed is None else ""), reach, threshold=asked.buffer
        )
        expect(
            not any((np.diff(block) > 0).all() for block in blocks),
            "The examples come in their original order: nothing is shuffled.",
        )
        expect(
            not any((a == b).all() for a, b in itertools.combinations(blocks, 2)),
            "Epochs have the same order.",
            "A cache behind the shuffle, or reshuffle_each_iteration=False, freezes the order.",
        )
        expect(
            asked.buffer // 2 <= reach <= asked.buffer,
            f"Some examples move ahead by {reach - 1} places, which is {'more' if reach > asked.buffer else 'less'} "
            "than a shuffle buffer of the size asked for makes of them.",
            "The argument buffer is the size of the shuffle buffer, in examples: shuffle before you batch.",
        )


@pytest.mark.item("data-pipeline")
def test_an_order_can_be_repeated(student: Student, rng: np.random.Generator) -> None:
    """With the same seed, a number, a second dataset gives the same order again."""
    for seed in (int(rng.integers(1, 10_000)), 0):
        n = int(rng.integers(80, 120))
        state = rng.bit_generator.state
        first = _ask(student, rng, n, seed)
        rng.bit_generator.state = state  # the same examples, batch and buffer
        again = _ask(student, rng, n, seed)
        expect(
            bool(np.array_equal(np.concatenate(first.positions), np.concatenate(again.positions))),
            f"Two datasets made with the same seed give different orders{', where that is 0' if not seed else ''}.",
            "Give the seed to whatever shuffles. 0 is a seed, too; None is none.",
        )


@pytest.mark.parametrize(
    "order",
    [pytest.param(order, marks=pytest.mark.item(f"order-{order.lower()}")) for order in ordering.ORDERS],
)
def test_order(order: str, student: Student, rng: np.random.Generator, measure: Measure) -> None:
    """The stream shows the three steps in the order asked for, with the buffer, batches and epochs asked for."""
    for attempt in range(3):
        batch, epochs = int(rng.integers(5, 9)), int(rng.integers(3, 5))
        full = int(rng.integers(13, 17))
        n = full * batch + int(rng.integers(1, batch))
        batch_first = order.index("B") < order.index("S")
        units = full + 1 if batch_first else n  # what a buffer counts, in an epoch
        buffer = (units // 2, units, 2 * n * epochs)[attempt]

        def make(n: int = n, buffer: int = buffer, batch: int = batch, epochs: int = epochs) -> object:
            return student.ordered.keep(order, n, buffer, batch, epochs)

        most = epochs * (n // batch + 1) + 5
        batches = numbers(stream(student, make, most), "a batch of ordered", FAR_TOO_MANY * n * epochs)
        if attempt == 0:
            caption = f"{ordering.spelled(order)}: n = {n}, batch = {batch}"
            _show(measure, batches, n, "stream", caption)
        expect(len(batches) < most, "The stream does not end after the epochs that were asked for.")
        found = ordering.identify(batches, n, batch, epochs, source=range(n))
        match = found.match(order)
        expect(match.ok, match.sentence, _HINTS[order])
        expect(
            not found.dropped,
            "The remainder, which does not fill a batch, is left out.",
            "Keep it: drop_remainder is False by default.",
        )
        short = [place for place, numbers in enumerate(batches, start=1) if len(numbers) < batch]
        expect(
            order != "SBR" or all(place % (full + 1) == 0 for place in short),
            "The short batch is not always the last one of its epoch.",
            "Nothing shuffles the batches once they are made.",
        )
        if attempt == 0 and found.buffer is not None:
            measure.figure("buffer, at least", found.buffer.low, found.buffer.unit, threshold=buffer)
            # In 1,500 simulated streams, 250 an order, at least .87 of the buffer was seen, and never more than all.
            expect(
                buffer // 2 <= found.buffer.low <= buffer,
                f"The stream shows a shuffle buffer of {found.buffer.words}, which is not the size asked for.",
                "The argument buffer goes to shuffle as it is.",
            )


_HINTS = {
    "SBR": "Every epoch once through all numbers in a fresh order, cut into batches by itself.",
    "SRB": "Every epoch once through all numbers in a fresh order; batches are cut from the joined epochs.",
    "BSR": "The batches are made first and stay; only their order changes from epoch to epoch.",
    "BRS": "The batches are made first, then repeated, then shuffled: epochs mix, batches stay whole.",
    "RSB": "The numbers are repeated first, so that the shuffle mixes different epochs.",
    "RBS": "Batches are cut from the repeated numbers, and these batches are shuffled.",
}


def _show(measure: Measure, batches: list[list[int]], n: int, name: str, title: str) -> None:
    try:
        drawing = ordering_picture.strip(batches, n, title)
    except StreamError:  # then there is no stream to be shown, which the verdict will tell
        return
    measure.picture(
        name,
        drawing,
        f"{title}: each cell is an element in the colour of its epoch, lines are borders of batches.",
    )
