"""make_train_step, run_steps, traces: graph and eager steps compute the same, the right thing, and are traced once.

The student chooses the optimiser, so losses are not compared with ours after the weights have changed. Compared are
graph with eager steps from equal weights; each loss with the cross-entropy of the weights before it; steps in one call
with the same steps in several.
"""

from __future__ import annotations

import ass4_models
import numpy as np
import pytest
from ass4_ask import Array, TrainStep
from ass4_models import Mlp

from autograder.checks import graph_execution
from autograder.grading.measure import Measure
from autograder.grading.timing import on_one_core
from autograder.grading.verdicts import Failed, expect
from autograder.remote.client import Handle, Student

SAME = 1e-4  # relative, for float32 losses computed in two ways
RATES = (0.02, 0.1)
STEPS = 6
MODES = ((True, "graph"), (False, "eager"))


@pytest.fixture
def mlp(student: Student, rng: np.random.Generator) -> Mlp:
    student.run(ass4_models.CODE)
    return Mlp(student, rng, n_in=10, hidden=16, n_out=5)


# graph-equals-eager


@pytest.mark.item("graph-equals-eager", weight=3)
def test_graph_and_eager_losses_are_equal(
    student: Student, mlp: Mlp, rng: np.random.Generator, measure: Measure
) -> None:
    """From equal weights, graph and eager steps give equal losses, for each of two learning rates."""
    x, y = mlp.batch(rng)
    losses: dict[tuple[bool, float], Array] = {}
    models = {graph: mlp.fresh() for graph, _ in MODES}  # the same model for both rates
    for lr in RATES:
        for graph, _ in MODES:
            mlp.reset(models[graph])
            losses[graph, lr] = TrainStep(student, models[graph], graph, lr).run(x, y, STEPS)
    reports = [graph_execution.equal_losses(losses[True, lr], losses[False, lr], SAME) for lr in RATES]
    measure.figure(
        "largest relative difference of losses", max(report.error for report in reports), threshold=SAME
    )
    expect(reports[0].ok, reports[0].sentence, _SAME_HINT)
    for graph, name in MODES:
        slow, fast = losses[graph, RATES[0]], losses[graph, RATES[1]]
        expect(
            bool(np.abs(slow - fast)[1:].max() > SAME * np.abs(slow).max()),
            f"A second step made for the same model with another learning rate gives the same losses ({name}).",
            "A Python number that a tf.function takes from outside is frozen when the function is traced.",
        )
    expect(reports[1].ok, f"Second step for the same model, another rate: {reports[1].sentence}", _SAME_HINT)


_SAME_HINT = "Both should run the same Python function; only tf.function around it makes the difference."


@pytest.mark.item("graph-equals-eager", weight=2)
@pytest.mark.parametrize(("graph", "name"), MODES, ids=["graph", "eager"])
def test_losses_are_those_before_the_change(
    student: Student, mlp: Mlp, rng: np.random.Generator, graph: bool, name: str
) -> None:
    """Each loss is the cross-entropy before the step changes the weights, also for a batch of one ({name})."""
    model = mlp.fresh()
    step = TrainStep(student, model, graph, RATES[1])
    for number, rows in enumerate((24, 24, 17, 1)):
        x, y = mlp.batch(rng, rows)
        before = mlp.weights(model)
        found = step.run(x, y[:, None] if number == 1 else y, 2)
        after = mlp.weights(model)
        expected = mlp.loss(before, x, y)
        labels = f"labels as {[rows, 1]}" if number == 1 else f"labels as {[rows]}"
        if abs(found[0] - expected) > SAME * expected:
            raise Failed(
                f"The first loss ({name}, {labels}) is not the cross-entropy of the model's logits before the step.",
                _loss_hint(float(found[0]), mlp, before, after, x, y),
            )
        moved = [float(np.abs(a - b).max()) for a, b in zip(after, before, strict=True)]
        expect(max(moved) > 0, f"The step ({name}) does not change the weights of the model.")
        expect(
            min(moved) > 0,
            f"The step ({name}) changes only some of the weights of the model.",
            "All of handle.trainable_variables get a gradient, and change with it.",
        )
        expect(bool(found[1] != found[0]), f"Both losses of two steps ({name}) are the same number.")


def _loss_hint(found: float, mlp: Mlp, before: list[Array], after: list[Array], x: Array, y: Array) -> str:
    """What else the number might be, in words."""
    expected = mlp.loss(before, x, y)
    if abs(found - len(x) * expected) <= SAME * len(x) * expected:
        return "It is the sum over the batch, not the mean."
    return "Logits go into a loss made for logits, before the weights change; the loss is averaged over the batch."


@pytest.mark.item("graph-equals-eager", weight=2)
@pytest.mark.parametrize(("graph", "name"), MODES, ids=["graph", "eager"])
def test_the_model_runs_in_training_mode(
    student: Student, mlp: Mlp, rng: np.random.Generator, graph: bool, name: str
) -> None:
    """Layers that behave differently in training do so in every step ({name})."""
    x, y = mlp.batch(rng)
    model = mlp.fresh("moody")
    step = TrainStep(student, model, graph, RATES[0])
    for _ in range(2):
        before = mlp.weights(model)
        found = float(step.run(x, y, 1)[0])
        training, inference = (mlp.loss(before, x, y, loud) for loud in (ass4_models.LOUD, 1.0))
        if abs(found - training) > SAME * training:
            is_inference = abs(found - inference) <= SAME * inference
            sentence = "does not run the model in training mode" if is_inference else "gives another loss"
            raise Failed(
                f"For a model with a layer that behaves differently in training, the step ({name}) {sentence}.",
                "handle(x, training=True), in graph and in eager steps.",
            )


@pytest.mark.item("graph-equals-eager")
@pytest.mark.parametrize(("graph", "name"), MODES, ids=["graph", "eager"])
def test_the_model_learns_in_training_mode(
    student: Student, mlp: Mlp, rng: np.random.Generator, graph: bool, name: str
) -> None:
    """Units that no output hears in training mode are not changed by a step ({name})."""
    x, y = mlp.batch(rng)

    def learns(model: Handle) -> bool:
        TrainStep(student, model, graph, RATES[0]).run(x, y, 2)
        moved = np.abs(mlp.weights(model)[0] - mlp.start[0]).max(axis=0)
        return bool(moved[: mlp.hidden // 2].max() > SMALL * moved.max())

    expect(
        # Some optimisers change weights without a gradient, too.
        not learns(mlp.muted(always=False)) or learns(mlp.muted(always=True)),
        f"The loss is that of training mode, but the step ({name}) takes its gradient from another one.",
        "One pass, handle(x, training=True), inside the tape: its loss is returned, and its gradient changes weights.",
    )


@pytest.mark.item("graph-equals-eager")
@pytest.mark.parametrize(("graph", "name"), MODES, ids=["graph", "eager"])
def test_layers_keep_what_they_learn_of_the_data(
    student: Student, mlp: Mlp, rng: np.random.Generator, graph: bool, name: str
) -> None:
    """What a layer notes in training mode, like the averages of batch normalisation, is kept in every step ({name})."""
    model = mlp.counting()
    step = TrainStep(student, model, graph, RATES[0])
    for steps in (2, 5):
        before = mlp.counted(model)
        step.run(*mlp.batch(rng), steps)
        expect(
            mlp.counted(model) >= before + steps,
            f"A layer that counts the steps in a weight of its own does not count every step ({name}).",
            "Batch normalisation would never learn its averages. handle(x, training=True) changes them by itself.",
        )


@pytest.mark.item("graph-equals-eager", weight=2)
@pytest.mark.parametrize(("graph", "name"), MODES, ids=["graph", "eager"])
def test_the_optimiser_remembers(
    student: Student, mlp: Mlp, rng: np.random.Generator, graph: bool, name: str
) -> None:
    """Several calls of run_steps do what one call does, also while another model is being trained ({name})."""
    x, y = mlp.batch(rng)
    model, other = mlp.fresh(), mlp.fresh()
    at_once = TrainStep(student, model, graph, RATES[0]).run(x, y, 2 * STEPS)
    mlp.reset(model)
    step, beside = TrainStep(student, model, graph, RATES[0]), TrainStep(student, other, graph, RATES[1])
    pieces = []
    for _ in range(4):
        pieces.append(step.run(x, y, STEPS // 2))
        beside.run(-x, y, 2)
    report = graph_execution.equal_losses(np.concatenate(pieces), at_once, SAME)
    expect(
        report.ok,
        f"Steps taken in four calls of run_steps and in one do not give the same losses ({name}).",
        "The optimiser and its memory belong to the step: make them in make_train_step, once for each step.",
    )
    expect(
        not _forgets(student, mlp, rng, graph),
        f"The optimiser begins afresh in every step ({name}): its memory is lost.",
        "Make the optimiser once, outside the function that takes a step.",
    )


@pytest.mark.item("graph-equals-eager")
@pytest.mark.parametrize(("graph", "name"), MODES, ids=["graph", "eager"])
def test_steps_of_one_model_share_its_weights(
    student: Student, mlp: Mlp, rng: np.random.Generator, graph: bool, name: str
) -> None:
    """Of two steps made for one model and used in turn, neither undoes what the other has done ({name})."""
    x, y = mlp.batch(rng)
    model = mlp.fresh()
    still, quick = (TrainStep(student, model, graph, rate) for rate in (STILL, RATES[1]))
    start = _flat(mlp, model)
    still.run(x, y, 2)
    stood = float(np.abs(_flat(mlp, model) - start).max())
    quick.run(x, y, STEPS)
    there = _flat(mlp, model)
    still.run(x, y, 1)
    went, came_back = np.abs(there - start).max(), np.abs(_flat(mlp, model) - there).max()
    if stood > SMALL * went:  # some optimisers move weights that were set by others, whatever the rate (FTRL)
        return
    expect(
        bool(came_back <= SMALL * went),
        f"A step with a tiny learning rate takes the weights back to where another step had found them ({name}).",
        "Change the variables of the model itself, from the values that they have now.",
    )


STILL = 1e-7  # a learning rate at which weights stay where they are
SMALL = 0.05


def _flat(mlp: Mlp, model: Handle) -> Array:
    return np.concatenate([w.ravel() for w in mlp.weights(model)])


def _forgets(student: Student, mlp: Mlp, rng: np.random.Generator, graph: bool) -> bool:
    """Whether every step changes all weights by one and the same amount, whatever was before.

    That is what Adam and RMSprop do in their first step, and so in every step if they are made anew each time. Others
    may do so too (Lion), but what they do depends on the steps before.
    """
    model = mlp.fresh()
    x, y = mlp.batch(rng)
    alone = _change(mlp, model, TrainStep(student, model, graph, RATES[0]), x, y)
    if not _even(alone):
        return False
    step = TrainStep(student, model, graph, RATES[0])
    mlp.reset(model)
    other_x, other_y = mlp.batch(rng)
    step.run(other_x, other_y, 2 * STEPS)
    mlp.reset(model)
    later = _change(mlp, model, step, x, y)
    return _even(later) and bool((np.sign(later) != np.sign(alone)).mean() < 0.01)


def _change(mlp: Mlp, model: Handle, step: TrainStep, x: Array, y: Array) -> Array:
    before = _flat(mlp, model)
    step.run(x, y, 1)
    return _flat(mlp, model) - before


def _even(change: Array) -> bool:
    sizes = np.abs(change)
    typical = float(np.median(sizes))
    return typical > 0 and bool((np.abs(sizes - typical) < 0.02 * typical).mean() > 0.95)


# tracing


@pytest.mark.item("tracing", weight=3)
def test_batches_of_one_shape_are_traced_once(
    student: Student, reference: Student, mlp: Mlp, rng: np.random.Generator, measure: Measure
) -> None:
    """Over 30 calls with batches of one shape the graph step is traced at most twice, by its count and by the clock."""
    with on_one_core(student, reference):
        eager_seconds = _eager_durations(reference, mlp, rng, 8)
        for _ in range(3):  # a busy machine slows calls down: a step that traces is slow in every attempt
            report = _traced(TrainStep(student, mlp.fresh(), True, RATES[0]), eager_seconds, mlp, rng)
            if report.ok or report.reported is None or not 1 <= report.reported <= MOST_TRACES:
                break
    measure.figure(
        "traces, by the count of your step", report.reported if report.reported is not None else "none"
    )
    measure.figure("slow calls, by our clock", report.seen, unit=f"of {report.calls}", threshold=MOST_TRACES)
    expect(
        report.ok,
        report.sentence,
        "Make the tf.function once, in make_train_step, and give it tensors, not Python numbers or lists.",
    )


@pytest.mark.item("tracing")
def test_an_eager_step_is_not_traced(student: Student, mlp: Mlp, rng: np.random.Generator) -> None:
    """traces is 0 for an eager step, also after it has been used."""
    step = TrainStep(student, mlp.fresh(), False, RATES[0])
    x, y = mlp.batch(rng)
    step.run(x, y, 2)
    expect(step.traces() == 0, "traces should be 0 for a step made with graph=False.")


@pytest.mark.item("tracing")
def test_the_count_grows_with_every_trace(student: Student, mlp: Mlp, rng: np.random.Generator) -> None:
    """Where a batch of a new shape is traced, traces counts it; where none is, traces stays as it is."""
    model = mlp.fresh("listening")
    step = TrainStep(student, model, True, RATES[0])
    at_first = mlp.heard(model)
    step.run(*mlp.batch(rng, 24), CALL)
    listens = mlp.heard(model) > at_first
    usual_s: list[float] = []
    unheard_s: list[float] = []  # of calls in which nothing of the model was traced, although the count rose
    for rows in (24, 24, 24, 17, 9, 13, 21):
        heard, counted = mlp.heard(model), step.traces()
        step.run(*mlp.batch(rng, rows), CALL)
        seconds, more = step.seconds, step.traces() > counted
        if mlp.heard(model) == heard:
            if rows == 24:
                usual_s.append(seconds)
            elif more:
                unheard_s.append(seconds)
        elif not more:
            if rows == 24:
                return  # Python runs in every call, traced or not, so it tells nothing of traces
            raise Failed(f"A batch of a new shape was traced, and traces still gives {counted}.", _COUNT)
    # A function around the step may have been traced, which the clock knows.
    if listens and usual_s and unheard_s:
        invented = min(unheard_s) < UNTRACED * min(usual_s)
        expect(
            not invented, "With a batch of a new shape traces gives more, though nothing was traced.", _COUNT
        )


_COUNT = "f.experimental_get_tracing_count() of a tf.function f counts all of its traces, and nothing else."
UNTRACED = 3.0  # times the shortest call: one that traces anything, such as a loop around the step, takes twenty times


MOST_TRACES = 2
CALL = 3  # steps


def _traced(
    graph: TrainStep, eager_seconds: list[float], mlp: Mlp, rng: np.random.Generator
) -> graph_execution.Tracing:
    """What 30 calls of a new step show, or fewer where they show that it is traced too often."""
    seconds: list[float] = []
    for calls in (8, 22):  # what is plain after a few calls costs no more
        seconds += _durations(graph, mlp, rng, calls)
        report = graph_execution.tracing(seconds, eager_seconds, graph.traces(), most=MOST_TRACES)
        if not report.ok and report.seen == report.calls:  # slow may be what surrounds the steps
            besides_s = _besides_the_steps(graph, mlp, rng)
            report = graph_execution.tracing(
                seconds, eager_seconds, graph.traces(), most=MOST_TRACES, besides_s=besides_s
            )
        if not report.ok:
            break
    return report


def _eager_durations(reference: Student, mlp: Mlp, rng: np.random.Generator, calls: int) -> list[float]:
    """Seconds of calls with eager steps of ours, on a network like `mlp`.

    In a process that no student's code can slow down; and a student's own eager steps may be slow for another reason.
    """
    reference.run(ass4_models.CODE)
    theirs = Mlp(reference, rng, mlp.n_in, mlp.hidden, len(mlp.start[-1]))
    model = theirs.fresh()
    seconds: list[float] = []
    for _ in range(calls):
        theirs.eager_steps(model, *theirs.batch(rng), CALL)
        seconds.append(reference.last_call.cpu_s)
    return seconds


def _durations(
    step: TrainStep, mlp: Mlp, rng: np.random.Generator, calls: int, steps: int = CALL
) -> list[float]:
    """Seconds of computing of each of several calls, each with a new batch."""
    seconds = []
    for _ in range(calls):
        step.run(*mlp.batch(rng), steps)
        seconds.append(step.seconds)
    return seconds


def _besides_the_steps(step: TrainStep, mlp: Mlp, rng: np.random.Generator) -> float:
    """Seconds that a call takes without its steps."""
    few, many = (float(np.median(_durations(step, mlp, rng, 7, steps))) for steps in (CALL, 11 * CALL))
    return max(0.0, few - (many - few) / 10)
