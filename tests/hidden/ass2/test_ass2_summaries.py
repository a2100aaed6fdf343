"""train_logged: what its event files hold once it has returned. The files come from the sandbox as bytes."""

from __future__ import annotations

from collections.abc import Callable

import ass2_pictures as pictures
import numpy as np
import pytest

from autograder.checks import summaries
from autograder.checks.event_files import Log, read_log
from autograder.grading.context import Data, Source
from autograder.grading.measure import Measure
from autograder.grading.verdicts import Failed, Partial
from autograder.remote.client import Handle, Student
from autograder.remote.errors import StudentError, StudentRaised

FOLDER, STEPS, LEAST = "logs/hidden-check", 60, 10
MOST_BYTES = 24 * 2**20
Train = Callable[..., Handle]

_SAME = "The loss in the log is the same whatever the labels are: it is not the loss of this training."


@pytest.mark.item("summaries")
@pytest.mark.budget(60)
def test_log(
    student: Student, source: Source, rng: np.random.Generator, data: Data, measure: Measure
) -> None:
    """The log folder holds a loss that falls over the steps, a histogram, and inputs as images of 28 by 28 pixels."""
    train = _trained(student, rng, data)
    log = read_log(student.read_files(FOLDER, MOST_BYTES), MOST_BYTES, source.text)
    lost = _lost_in_memory(student, log)
    loss = summaries.find_curve(log, least=LEAST, name="loss", falls=True)
    if not loss.ok:
        other = summaries.find_curve(log, least=LEAST, falls=True)
        loss = other if other.ok else loss
    if loss.ok and lost:
        loss = summaries.Finding(False, loss.tag, lost)
    elif loss.ok and _same_for_one_class(student, train, log):
        loss = summaries.Finding(False, loss.tag, _SAME)
    shown = [series for series in log.scalars if f"{series.run}/{series.tag}".lstrip("/") == loss.tag]
    if shown:
        measure.picture("loss", pictures.curve(shown[0]), "The scalar as it stands in the log.")
    for kind, found in (("scalars", log.scalars), ("histograms", log.histograms), ("images", log.images)):
        measure.figure(f"tags of {kind}", len(found))
    findings = (loss, summaries.find_histogram(log), summaries.find_image(log, 28, 28))
    lacking = [finding.sentence for finding in findings if not finding.ok]
    if lacking:
        hint = " ".join(log.problems[:2]) or "Look at the folder with TensorBoard: what does it show?"
        if len(lacking) == len(findings):
            raise Failed(" ".join(dict.fromkeys(lacking)), hint)
        raise Partial(1 - len(lacking) / len(findings), " ".join(dict.fromkeys(lacking)), hint)


def _trained(student: Student, rng: np.random.Generator, data: Data) -> Train:
    """Let the student train on 600 digits, given as make_dataset gets them; flat or scaled if that raises.

    Returns how to train on them again: with one label for all, into another folder.
    """
    mnist = data["mnist"]
    chosen = rng.permutation(len(mnist.x_train))[:600]
    x, y = mnist.x_train[chosen], mnist.y_train[chosen]
    flat = x.reshape(len(x), 784)
    scaled = (flat / np.float32(255)).astype(np.float32)
    seed = int(rng.integers(1, 10_000))
    ways: list[Train] = [
        lambda y, folder: student.train_logged.with_arrays("numpy").keep(x, y, folder, STEPS, seed),
        lambda y, folder: student.train_logged.with_arrays("tensor").keep(x, y, folder, STEPS, seed),
        lambda y, folder: student.train_logged.with_arrays("numpy").keep(flat, y, folder, STEPS, seed),
        lambda y, folder: student.train_logged.with_arrays("numpy").keep(scaled, y, folder, STEPS, seed),
    ]
    first: StudentRaised | None = None
    for way in ways:
        try:
            way(y, FOLDER)
        except StudentRaised as error:
            first = first or error
        else:
            return lambda label, folder: way(np.full_like(y, label), folder)
    assert first is not None  # the loop ends early unless every way raised
    raise first


def _same_for_one_class(student: Student, train: Train, log: Log) -> bool:
    """True if no scalar of the log is another one where all images are of one class, everything else being equal."""
    folder = f"{FOLDER}-of-one-class"
    try:
        train(3, folder)
        other = read_log(student.read_files(folder, MOST_BYTES), MOST_BYTES)
    except StudentError:  # what another label has to do with it is not for this item to find out
        return False
    return log.scalars == other.scalars


def _lost_in_memory(student: Student, before: Log) -> str:
    """A sentence if part of the log was still in memory when train_logged returned, else ""."""
    student.run("import tensorflow as _tf\n_tf.summary.flush()")
    after = read_log(student.read_files(FOLDER, MOST_BYTES), MOST_BYTES)
    if _points(after) > _points(before):
        return "The end of the log was not yet on the disk when train_logged returned: flush or close the writer."
    return ""


def _points(log: Log) -> int:
    steps = [entry.steps for entry in log.scalars]
    steps += [entry.steps for entry in log.histograms]
    steps += [entry.steps for entry in log.images]
    return sum(map(len, steps))
