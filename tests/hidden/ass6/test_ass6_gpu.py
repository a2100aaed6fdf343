"""gpu-throughput: do the recurrent layers run as one fused kernel each?

One step is a `predict` on a batch of long sequences, padded behind, each with words. The reference is the instructor's
network of Keras layers, asked through Keras's own `predict` method, so that neither a graph nor the overhead of that
method decides: a network that goes step by step starts thousands of small kernels, and that shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from ass6_ask import FLOATS, INSIDE, Array, Network, Settings, network, words

from autograder.checks import throughput
from autograder.grading.measure import Measure
from autograder.grading.verdicts import expect
from autograder.remote import answers
from autograder.remote.client import Student

AT_LEAST = 0.5
TOLERANCE = 1e-3  # of the logits' own size: other kernels, other rounding


@dataclass(frozen=True)
class Load:
    """Rows and steps of a batch, the network that reads it, and the calls of one measurement to begin with."""

    rows: int = 32
    steps: int = 1000
    calls: int = 1
    network: Settings = field(default_factory=lambda: NETWORK)


NETWORK = Settings("lstm", layers=2, vocab=1000, emb=64, units=128)
LOAD = Load()


@pytest.mark.gpu
@pytest.mark.item("gpu-throughput")
@pytest.mark.budget(600)
def test_predict_uses_fused_kernels(
    student: Student,
    reference: Student,
    rng: np.random.Generator,
    measure: Measure,
    environment: dict[str, str],
    end_student: Callable[[], None],
) -> None:
    """On a GPU, predict reaches at least half the speed of a plain stack of Keras's LSTM layers."""
    tokens = _right_padded(rng, LOAD)
    seed = int(rng.integers(1, 2**31 - 1))
    mine, theirs = (network(who, LOAD.network, seed) for who in (student, reference))
    reference.run(_KERAS_PREDICT)
    run = _Program(student, mine, tokens)
    verdict = throughput.compare(
        run,
        _Program(reference, theirs, tokens),
        AT_LEAST,
        verify=run.problem,
        items_per_step=LOAD.rows,
        steps=LOAD.calls,
        environment=environment,
        end_student=end_student,
    )
    for name, value in verdict.environment.items():
        measure.figure(name, value)
    expect(verdict.correct, verdict.sentence)
    measure.figure(
        "speed",
        round(verdict.ratio, 2),
        "times ours",
        low=round(verdict.low, 2),
        high=round(verdict.high, 2),
        threshold=AT_LEAST,
    )
    measure.figure("sequences a second", round(verdict.per_second))
    hint = "Which settings of a layer let Keras use the fused kernel? Is a whole batch computed at once?"
    expect(verdict.ok, verdict.sentence, hint)


# The reference's sandbox only: its handle is a Keras model.
_KERAS_PREDICT = """
def predict(handle, tokens):
    return handle.predict(tokens, batch_size=len(tokens), verbose=0)[:, 0]
"""


class _Program:
    """`calls` times predict, on batches that were never asked before; the logits [calls, rows] come back."""

    def __init__(self, who: Student, net: Network, tokens: Array) -> None:
        who.run(INSIDE)
        self._many = who.function("_predict_many")
        self._net, self._tokens, self._put = net, tokens, who.put(tokens)
        self._asked = 0  # batches so far

    def __call__(self, calls: int) -> object:
        self._asked += calls
        return self._many(self._net.handle, self._put, calls, self._asked - calls)

    def problem(self, found: object, calls: int) -> str:
        """What is wrong with the logits of the last `calls` batches: each is asked for again where it is the last."""
        logits = answers.array(found, (calls, len(self._tokens)), FLOATS, what="the logits of predict")
        words = np.where(self._tokens > 0, (self._tokens - 2 + self._asked) % self._tokens.max() + 1, 0)
        again = self._net.predict(words.astype(np.int32))
        if float(np.ptp(again)) == 0.0:
            return "All sequences get the same logit."
        if np.abs(logits[-1] - again).max() > TOLERANCE * np.abs(again).max():
            return "The logits of many calls in a row are not those of single calls."
        return ""


def _right_padded(rng: np.random.Generator, load: Load) -> Array:
    """Tokens int32 [rows, steps] with 0 behind them: the first row is full, the others at least half."""
    lengths = rng.integers(load.steps // 2, load.steps + 1, load.rows)
    lengths[0] = load.steps
    tokens = words(rng, load.network.vocab, load.rows, load.steps)
    tokens[0, 0] = load.network.vocab - 1
    return np.where(np.arange(load.steps) < lengths[:, None], tokens, 0).astype(np.int32)
