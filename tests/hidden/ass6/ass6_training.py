"""A network of the student's, trained from outside on made-up reviews with much padding behind them.

Reviews of a few words stand in front of many padded places. Where the padding is left out, a small GRU learns within
a few dozen steps; where it is not, the state has to survive it, and within as many steps next to nothing is learned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from ass6_ask import INSIDE, Settings, network

from autograder.checks import polarity
from autograder.remote.client import Student

KIND = polarity.Kind(vocab=30, shortest=4, longest=8, steps=48)
TRAIN, TEST = 2000, 2000
BATCH, RATE = 64, 0.005
EVERY, MOST = 10, 100  # steps between two looks, and in all
WANTED = 0.8
SPREAD = 0.005  # of accuracies where a training ends: what is left is the chance of the test reviews
CLEAR = 0.83  # where a training ends early: above WANTED by more than the chance of 2,000 test reviews
NETWORK = Settings(
    "gru", vocab=KIND.vocab + 1, emb=8, units=16
)  # one token more, to stand for visible padding
FILLER = KIND.vocab


@dataclass(frozen=True)
class Course:
    """Accuracy on the test reviews after each number of steps."""

    steps: tuple[int, ...]
    accuracies: tuple[float, ...]

    @property
    def best(self) -> float:
        return max(self.accuracies)

    @property
    def needed(self) -> int | None:
        """Steps until WANTED, None if it was not reached."""
        reached = (n for n, a in zip(self.steps, self.accuracies, strict=True) if a >= WANTED)
        return next(reached, None)


def course(
    student: Student, task: polarity.Reviews, seed: int, *, visible: bool = False, most: int = MOST
) -> Course | None:
    """Train until CLEAR is reached or `most` steps are done. `visible`: with a word in all padded places, which the
    network cannot leave out. None if the network gives no gradients, neither through predict nor through a model."""
    net = network(student, NETWORK, seed)
    student.run(INSIDE)
    seen = _with_visible_padding(task) if visible else task
    training = student.function("_training").keep(
        net.handle, student.put(seen.x_train), student.put(seen.y_train), BATCH, RATE, seed
    )
    if training.attribute("ready") is not True:
        return None
    return look(lambda count: training.method("steps", count), net.predict, seen, most=most)


def look(
    train: Callable[[int], object],
    logits: Callable[[np.ndarray], np.ndarray],
    task: polarity.Reviews,
    most: int = MOST,
    clear: float = CLEAR,
) -> Course:
    """Train EVERY steps, look at the test reviews, and so on, until `clear` is reached or `most` steps are done."""
    steps: list[int] = []
    accuracies: list[float] = []
    while len(steps) * EVERY < most and (not accuracies or accuracies[-1] < clear):
        train(EVERY)
        steps.append((len(steps) + 1) * EVERY)
        accuracies.append(float(((logits(task.x_test) > 0) == task.y_test).mean()))
    return Course(tuple(steps), tuple(accuracies))


def _with_visible_padding(task: polarity.Reviews) -> polarity.Reviews:
    x_train, x_test = (np.where(x == 0, FILLER, x).astype(np.int32) for x in (task.x_train, task.x_test))
    return replace(task, x_train=x_train, x_test=x_test)
