"""What a TensorBoard log shows: a curve, a histogram, an image of the size asked for.

The names of tags, runs and files are the student's words, written perhaps while hidden inputs were at hand. A sentence
repeats one only if it stands in the submitted code, or is one that Keras gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.checks.event_files import Log

# Of 255 levels, that an image should have to show something: pixels from 0 to 1 that were cast to bytes have one.
CONTRAST = 32
_NAMES_OF_KERAS = frozenset(
    {
        "train",
        "validation",
        "epoch_loss",
        "epoch_accuracy",
        "epoch_learning_rate",
        "batch_loss",
        "batch_accuracy",
    }
)


@dataclass(frozen=True)
class Finding:
    """Whether the log shows something, and what is lacking. `tag` is the best candidate's."""

    ok: bool
    tag: str
    sentence: str


def find_curve(log: Log, *, least: int = 10, name: str = "", falls: bool = False) -> Finding:
    """A scalar with at least `least` points at strictly rising steps; `name` in its tag; falling if asked
    for."""
    named = [s for s in log.scalars if name.lower() in f"{s.run}/{s.tag}".lower()]
    if not log.scalars:
        return Finding(False, "", _nothing(log, "scalar"))
    if not named:
        tags = ", ".join(sorted({s.tag for s in log.scalars if _quotable(s.tag, log.submitted)})[:8])
        others = f"; there are: {tags}" if tags else ""
        return Finding(False, "", f"No scalar has a tag with “{name}”{others}.")
    best = max(named, key=lambda s: (len(s.steps) >= least, s.rising, s.falls, len(s.steps)))
    tag = f"{best.run}/{best.tag}".lstrip("/")
    scalar = _called("scalar", best.run, best.tag, log)
    if len(best.steps) < least:
        points = "1 point" if len(best.steps) == 1 else f"{len(best.steps)} points"
        return Finding(False, tag, f"{scalar} has {points}; at least {least} are asked for.")
    if not best.rising:
        constant = (
            "the same step everywhere" if len(set(best.steps)) == 1 else "steps that do not always rise"
        )
        return Finding(False, tag, f"{scalar} has {constant}: pass the step when you write it.")
    if falls and not best.falls:
        return Finding(False, tag, f"{scalar} does not fall.")
    return Finding(True, tag, f"{scalar} has {len(best.steps)} points.")


def find_histogram(log: Log, *, least: int = 1) -> Finding:
    """A histogram tag with at least `least` steps, each with a positive count."""
    good = [
        h for h in log.histograms if sum(any(b[2] > 0 for b in buckets) for buckets in h.buckets) >= least
    ]
    if not good:
        empty = (
            "No histogram holds any values." if least == 1 else f"No histogram with values has {least} steps."
        )
        few = empty if log.histograms else _nothing(log, "histogram")
        return Finding(False, "", few)
    tag = f"{good[0].run}/{good[0].tag}".lstrip("/")
    histogram = _called("histogram", good[0].run, good[0].tag, log)
    return Finding(True, tag, f"{histogram} has {len(good[0].steps)} steps.")


def find_image(log: Log, height: int, width: int) -> Finding:
    """An image tag whose images decode to height × width pixels, and show something: at least `CONTRAST` levels of 255
    lie between the darkest and the brightest pixel of one of them."""
    plain = ""
    for images in log.images:
        fitting = [pixels for pixels in images.pixels if pixels.shape[:2] == (height, width)]
        if not fitting:
            continue
        image = _called("image", images.run, images.tag, log)
        if any(int(np.ptp(pixels)) >= CONTRAST for pixels in fitting):
            tag = f"{images.run}/{images.tag}".lstrip("/")
            return Finding(True, tag, f"{image} has {height} × {width} pixels.")
        plain = f"{image} shows nothing: all of its pixels are equally bright, or nearly."
    if plain:
        return Finding(False, "", plain)
    if not log.images:
        return Finding(False, "", _nothing(log, "image"))
    sizes = sorted({size for images in log.images for size in images.sizes()})
    shown = ", ".join(f"{h} × {w}" for h, w in sizes[:5]) or "nothing that can be decoded"
    return Finding(False, "", f"Images should have {height} × {width} pixels; the log has {shown}.")


def _called(kind: str, run: str, tag: str, log: Log) -> str:
    """ "The scalar train/loss", or "One scalar" where its name is none to repeat."""
    if all(_quotable(part, log.submitted) for part in (run, tag) if part):
        return f"The {kind} {run}/{tag}".replace(" /", " ")
    return f"One {kind}"


def _quotable(name: str, submitted: str) -> bool:
    return name in submitted or name in _NAMES_OF_KERAS


def _nothing(log: Log, kind: str) -> str:
    if not log.files:
        return "There is no event file: was a writer created, and made the default one?"
    if not (log.scalars or log.histograms or log.images):
        found = "holds nothing that can be read" if log.problems else "is empty"
        return f"The event file {found}: was the writer flushed or closed?"
    return f"The log holds no {kind}."
