"""How fast a graph step is, by the grader's clocks: against an eager one on a small network, against ours on a GPU."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import ass4_models
import numpy as np
import pytest
from ass4_ask import Array, TrainStep
from ass4_models import Mlp

from autograder.checks import throughput
from autograder.checks.throughput import Throughput, Timed
from autograder.grading.measure import Measure
from autograder.grading.timing import by_cpu_time, on_one_core
from autograder.grading.verdicts import Failed, expect
from autograder.remote import answers
from autograder.remote.client import Handle, Student

LEAST_SPEEDUP = 1.5
HOPELESS = 0.5  # a ratio below which no more is measured: such a step is traced again and again
CALL = 12  # steps in a timed call: enough that the call itself hardly counts
RATE = 0.01


@pytest.mark.item("graph-speedup")
@pytest.mark.budget(120)
def test_a_graph_step_is_faster(
    student: Student, reference: Student, rng: np.random.Generator, measure: Measure
) -> None:
    """On a small network (32 units, batches of 32) a graph step is at least 1.5 times as fast as an eager one."""
    for who in (student, reference):
        who.run(ass4_models.CODE)
    mlp, theirs = (Mlp(who, rng, n_in=20, hidden=32, n_out=5) for who in (student, reference))
    models, model_of_ours = [mlp.fresh(), mlp.fresh()], theirs.fresh()
    graph, eager = TrainStep(student, models[0], True, RATE), TrainStep(student, models[1], False, RATE)

    def steps(step: TrainStep, k: int) -> Callable[[], Timed]:
        timed = by_cpu_time(student, lambda k: step.run(*mlp.batch(rng, 32), k))
        return lambda: timed(k)

    def ours(k: int) -> Callable[[], Timed]:
        timed = by_cpu_time(reference, lambda k: theirs.eager_steps(model_of_ours, *theirs.batch(rng, 32), k))
        return lambda: timed(k)

    with on_one_core(student, reference):
        first = throughput.compare_calls(
            steps(graph, 2), steps(eager, 2), LEAST_SPEEDUP, pairs=3, warm_calls=2
        )
        if first.ratio < HOPELESS:
            raise Failed(_sentence(first), _FASTER)
        found = throughput.compare_calls(steps(graph, CALL), steps(eager, CALL), LEAST_SPEEDUP, warm_calls=1)
    measure.figure(
        "speed-up on a small network",
        round(found.ratio, 2),
        unit="times",
        low=round(found.low, 2),
        high=round(found.high, 2),
        threshold=LEAST_SPEEDUP,
    )
    _expect_real_work(mlp, models[0], graph, rng)
    expect(found.ok, _sentence(found), _FASTER)
    # An eager step that is slow for another reason does not make a graph step fast.
    with on_one_core(student, reference):
        against_ours = throughput.compare_calls(steps(graph, CALL), ours(CALL), 1.0)
    expect(against_ours.ok, "Your graph step is not faster than a plain eager step of ours.", _FASTER)


_FASTER = "Is the step wrapped in a tf.function, once? Does Python work remain that is done in every step?"


def _sentence(found: Throughput) -> str:
    return (
        f"On a small network your graph step runs at {found.ratio:.2f} times the speed of your eager step; "
        f"at least {found.threshold:g} times is asked for."
    )


def _expect_real_work(mlp: Mlp, model: Handle, step: TrainStep, rng: np.random.Generator) -> None:
    """The weights have moved in the timed calls, and still do. Which way they move is judged by other items."""
    weights = [mlp.start, mlp.weights(model)]
    step.run(*mlp.batch(rng, 32), CALL)
    weights.append(mlp.weights(model))
    for before, after in itertools.pairwise(weights):
        moved = max(float(np.abs(a - b).max()) for a, b in zip(after, before, strict=True))
        expect(moved > 0, "The graph step does not change the weights of the model.")


# gpu-throughput

LEAST_SHARE = 0.5  # of the speed of our step
SIZE, CLASSES, BLOCKS, LAYERS, GROWTH, BATCH = 32, 10, 3, 4, 12, 64
TOLERANCE = 1e-2  # of a loss, relative: GPUs may compute convolutions with 10 bits of mantissa


@pytest.mark.gpu
@pytest.mark.item("gpu-throughput")
@pytest.mark.budget(300)
def test_throughput(
    student: Student,
    reference: Student,
    rng: np.random.Generator,
    measure: Measure,
    environment: dict[str, str],
    end_student: Callable[[], None],
) -> None:
    """Training a DenseNet, your graph step runs at least half as fast as ours on the same GPU."""
    mine, theirs = _Trained(student, rng), _Trained(reference, rng)
    theirs.take_weights_of(mine)
    mine.expect_loss_of(theirs)

    def finish() -> None:
        theirs.take_weights_of(mine)  # what all the timed steps have led to
        mine.expect_loss_of(theirs)
        end_student()

    found = throughput.compare(
        mine.steps,
        theirs.steps,
        LEAST_SHARE,
        verify=_problem,
        items_per_step=BATCH,
        environment=environment,
        end_student=finish,
    )
    measure.throughput(found)
    expect(found.correct, found.sentence)
    expect(
        found.ok,
        found.sentence,
        "Losses fetched to Python in every step, data copied in every step, and traces cost speed.",
    )


class _Trained:
    """A DenseNet of ours in one of the two processes, and a graph step of that process for it."""

    def __init__(self, student: Student, rng: np.random.Generator) -> None:
        student.run(ass4_models.CODE)
        self.student, self.rng = student, rng
        self.model = student.function("_given_densenet").keep(SIZE, CLASSES, BLOCKS, LAYERS, GROWTH)
        self.step = TrainStep(student, self.model, True, 1e-3)

    def steps(self, k: int) -> Array:
        """k steps on a new batch; returns when the losses are here, so the work is done."""
        return self.step.run(*self._batch(), k)

    def take_weights_of(self, other: _Trained) -> None:
        self.student.assign(self.model, [np.asarray(w) for w in other.model.method("get_weights")])

    def expect_loss_of(self, other: _Trained) -> None:
        """The loss of the next step is the cross-entropy of the logits that `other`, with equal weights, gives."""
        x, y = self._batch()
        logits = answers.array(other.model(x), (BATCH, CLASSES), what="the logits")
        expected = ass4_models.cross_entropy(logits, y)
        losses = self.step.run(x, y, 2)
        expect(
            abs(float(losses[0]) - expected) <= TOLERANCE * expected,
            "The loss of your graph step is not the cross-entropy of the model as it is by then.",
        )

    def _batch(self) -> tuple[Array, Array]:
        x = self.rng.uniform(size=(BATCH, SIZE, SIZE, 3)).astype(np.float32)
        return x, self.rng.integers(0, CLASSES, BATCH).astype(np.int32)


def _problem(losses: object, steps: int) -> str:
    found = np.asarray(losses)
    if not np.isfinite(found).all() or (steps > 1 and np.ptp(found) == 0):
        return "The losses of the steps are all the same, or not finite."
    return ""
