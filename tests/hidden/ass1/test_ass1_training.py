"""train and predict: does every weight learn, does the network learn what is not linear, how good is it on digits?

Thresholds of accuracies and their error rates: ass1_thresholds.json, made by benchmarks/calibrate_ass1.py.
"""

from __future__ import annotations

import ass1_oracle as oracle
import ass1_pictures as pictures
import ass1_tasks as tasks
import numpy as np
import pytest
from ass1_ask import parameters, predicted, trained
from ass1_oracle import NAMES
from ass1_thresholds import Threshold, threshold

from autograder.checks import accuracy
from autograder.grading.context import Data
from autograder.grading.measure import Measure
from autograder.grading.prepared import Prepared
from autograder.grading.verdicts import expect
from autograder.remote.client import Handle, Student
from autograder.remote.errors import BadAnswer, StudentError

Array = np.ndarray
# Between 1, where trainings from the own start end within 0.01 of it, and 0.5, where those from a third start end.
OWN_START = 0.75
FAR = 4.0  # squared, in units of the distance between two starts
ROWS, AGREE = 500, 0.9  # images, and the share of them in which two ways of computing a class agree
LEARNED = 0.6  # on the linear task; correct solutions reach .98, one effective hidden unit .35


@pytest.mark.item("mlp-training")
@pytest.mark.budget(120)
def test_training_moves_every_weight_and_learns(
    student: Student, rng: np.random.Generator, prepared: Prepared, measure: Measure
) -> None:
    """train changes every weight matrix, and afterwards far more of the training images are recognised."""
    task, how = prepared("codes", rng, lambda: tasks.codes(rng)), tasks.CODES
    seed, of_another = _seeds(rng, 2)
    sizes = (task.x_train.shape[1], how.n_hidden, task.n_classes)
    start = student.init_params.keep(*sizes, seed)
    before = _start(start, sizes)
    try:
        right_before = float(np.mean(predicted(student, start, task.x_train) == task.y_train))
    except StudentError:  # then it is the initial parameters that are broken, not the training
        right_before = 1 / task.n_classes
    # Another network of this size before it: a training that goes on from there shows by where it starts.
    trained(student, task.x_train, task.y_train, how.n_hidden, 1, how.batch_size, of_another)
    params = trained(student, task.x_train, task.y_train, how.n_hidden, how.epochs, how.batch_size, seed)
    after = parameters(params, sizes, "the parameters that train returns")
    if before is not None:
        _expect_movement(before, after)
        _expect_own_start(student, sizes, seed, before, after)
        measure.picture(
            "weights",
            pictures.weights(before[0], after[0]),
            "Weights of the first layer before and after training on 2,000 images.",
        )
    guess = predicted(student, params, task.x_train)
    right = float(np.mean(guess == task.y_train))
    measure.figure("training images recognised before training", round(right_before, 4))
    measure.figure("training images recognised after training", round(right, 4), threshold=LEARNED)
    expect(
        right >= LEARNED and right >= right_before + 0.2,
        f"After training on an easy task, {_percent(right)} of the training images are recognised; "
        f"before it were {_percent(right_before)}.",
        "Print the loss after each epoch: does it go down? Do images and labels stay together when you shuffle?",
    )
    _expect_to_use_parameters(student, start, task.x_train, guess)
    _expect_a_network(student, params, sizes, task.x_train, guess)


def _expect_to_use_parameters(student: Student, start: Handle, x: Array, guess: Array) -> None:
    """What was learned is in the parameters that train returns: predict has no other place to know it from."""
    try:
        untrained = predicted(student, start, x)
    except StudentError:  # then it is the initial parameters that are broken
        return
    expect(
        not np.array_equal(untrained, guess),
        "predict gives the same answers for parameters that were never trained.",
        "Does it use the parameters that it is given, or some that were kept elsewhere?",
    )


def _expect_a_network(
    student: Student, params: Handle, sizes: tuple[int, int, int], x: Array, guess: Array
) -> None:
    """The guesses are those of a network with these parameters, whatever its activation: with a usual one they are what
    we compute; with any other, or a mistake in predict, they stay the same where hidden units change places."""
    try:
        arrays = parameters(params, sizes, "the parameters that train returns")
    except BadAnswer:  # which costs mlp-training
        return
    x, guess = x[:ROWS], guess[:ROWS]
    for activation in oracle.ACTIVATIONS:
        if np.mean(np.argmax(oracle.forward(arrays, x / 255, activation), axis=1) == guess) >= AGREE:
            return
    w1, b1, w2, b2 = arrays
    turned = student.variables([w1[:, ::-1].copy(), b1[::-1].copy(), w2[::-1].copy(), b2])
    try:
        turned_guess = predicted(student, turned, x)
    except StudentError:
        turned_guess = np.full(len(x), -1)
    expect(
        bool(np.mean(turned_guess == guess) >= AGREE),
        "The classes that predict gives are not those of a network with the parameters that train has returned.",
        "predict computes the logits from the parameters that it is given, and nothing else.",
    )


def _start(start: object, sizes: tuple[int, int, int]) -> list[Array] | None:
    """The initial parameters as arrays; None if they are not what they should be, which costs mlp-init."""
    try:
        return parameters(start, sizes, "init_params")  # type: ignore[arg-type]
    except BadAnswer:
        return None


def _expect_movement(before: list[Array], after: list[Array]) -> None:
    for index in (0, 2):
        size = max(float(np.linalg.norm(before[index])), 1e-2 * np.sqrt(before[index].size))
        moved = float(np.linalg.norm(after[index].astype(np.float64) - before[index]))
        expect(
            moved > 1e-3 * size,
            f"{NAMES[index]} is the same after training as before it.",
            "Is every parameter updated in each step, and are the updated ones returned?",
        )


def _expect_own_start(
    student: Student, sizes: tuple[int, int, int], seed: int, before: list[Array], after: list[Array]
) -> None:
    """The trained W1 lies where init_params with this seed starts, seen from where it starts with another one: at 1 on
    the line between the two. From a third start it would lie at one half."""
    other = _start(student.init_params.keep(*sizes, seed + 1), sizes)
    if other is None:
        return
    began, elsewhere, ended = (np.asarray(arrays[0], np.float64) for arrays in (before, other, after))
    line = float(np.sum((began - elsewhere) ** 2))
    if line == 0 or np.sum((ended - began) ** 2) > FAR * line:  # then it says little where training began
        return
    place = float(np.sum((ended - elsewhere) * (began - elsewhere))) / line
    expect(
        place > OWN_START,
        "Training does not start from init_params with the seed that train is given.",
        "params = init_params(n_in, n_hidden, n_classes, seed)",
    )


@pytest.mark.item("mlp-unseen-task")
@pytest.mark.budget(240)
def test_unseen_task(
    student: Student, rng: np.random.Generator, prepared: Prepared, measure: Measure
) -> None:
    """A network with 128 hidden units learns a task that you have not seen and that no linear model can learn."""
    task, how = prepared("xor", rng, lambda: tasks.xor(rng)), tasks.XOR

    sizes = (task.x_train.shape[1], how.n_hidden, task.n_classes)

    def run(seed: int) -> tuple[int, int]:
        params = trained(student, task.x_train, task.y_train, how.n_hidden, how.epochs, how.batch_size, seed)
        guess = predicted(student, params, task.x_test)
        _expect_a_network(student, params, sizes, task.x_test, guess)
        return int((guess == task.y_test).sum()), len(guess)

    verdict = _decide(run, threshold("patch-xor"), rng, measure)
    chance = verdict.estimate < 0.25
    expect(
        verdict.ok,
        verdict.sentence,
        "That is no better than guessing: a linear model, or labels that do not belong to the images, end there."
        if chance
        else "Do all layers learn? Does your learning rate suit other data than MNIST?",
    )


@pytest.mark.item("mlp-accuracy")
@pytest.mark.budget(240)
def test_accuracy(
    student: Student, rng: np.random.Generator, prepared: Prepared, data: Data, measure: Measure
) -> None:
    """Trained for 5 epochs with 128 hidden units, the network recognises handwritten digits that it has not seen.

    The digits are turned or mirrored and renamed. Where MNIST is not at hand they come from a smaller collection.
    """
    mnist = data["mnist"]
    task, how = prepared("digits", rng, lambda: tasks.digits(mnist, rng))
    guesses: list[Array] = []
    sizes = (task.x_train.shape[1], how.n_hidden, len(task.digits))

    def run(seed: int) -> tuple[int, int]:
        params = trained(student, task.x_train, task.y_train, how.n_hidden, how.epochs, how.batch_size, seed)
        guesses.append(predicted(student, params, task.x_test))
        _expect_a_network(student, params, sizes, task.x_test, guesses[-1])
        return int((guesses[-1] == task.y_test).sum()), len(task.y_test)

    verdict = _decide(run, threshold("digits", mnist.embedded), rng, measure)
    guess = guesses[-1]
    truth, answer = task.digits[task.y_test], np.full(len(guess), -1)
    known = (guess >= 0) & (guess < 10)
    answer[known] = task.digits[guess[known]]
    measure.picture(
        "confusions", pictures.confusion(truth, answer), "How often which digit was taken for which."
    )
    wrong = np.flatnonzero(guess != task.y_test)[:10]
    if len(wrong):
        shown = pictures.mistakes(task.upright(task.x_test[wrong]), truth[wrong], answer[wrong])
        measure.picture("mistakes", shown, "Some digits that the network takes for others.")
    expect(
        verdict.ok,
        verdict.sentence,
        "A linear model stays below that. Check the learning rate, and that every epoch goes through all the data.",
    )


def _decide(run: object, wanted: Threshold, rng: np.random.Generator, measure: Measure) -> accuracy.Verdict:
    """Up to three trainings with fresh seeds; a clear first one, or two of three, decide."""
    verdict = accuracy.decide(run, wanted.value, _seeds(rng, 3), spread=wanted.spread)  # type: ignore[arg-type]
    measure.figure(
        "accuracy",
        round(verdict.estimate, 4),
        low=round(verdict.interval.low, 4),
        high=round(verdict.interval.high, 4),
        threshold=verdict.threshold,
    )
    measure.figure("trainings", len(verdict.runs))
    return verdict


def _seeds(rng: np.random.Generator, n: int) -> list[int]:
    return [int(seed) for seed in rng.choice(2**31 - 1, size=n, replace=False)]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
