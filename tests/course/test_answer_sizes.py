"""Hidden tests refuse answers that are many times too large, the sum of many small ones included, before they convert
them into what takes far more memory."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.remote.errors import BadAnswer

HIDDEN = Path(__file__).parents[1] / "hidden"
Array = np.ndarray[Any, Any]
MANY = "found far more numbers than there should be"
SENTENCE = np.arange(1, 9)


@pytest.fixture
def ass2(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _module(monkeypatch, "ass2", "test_ass2_pipelines")


@pytest.fixture
def ass6(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _module(monkeypatch, "ass6", "ass6_ask")


@pytest.fixture
def ass8(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _module(monkeypatch, "ass8", "ass8_ask")


def _module(monkeypatch: pytest.MonkeyPatch, assignment: str, name: str) -> ModuleType:
    monkeypatch.syspath_prepend(str(HIDDEN / assignment))
    return importlib.import_module(name)


def large(*shape: int) -> Array:
    """Ones, without the memory for them."""
    return np.broadcast_to(np.int32(1), shape)


class Answering:
    """A student whose every function gives `answer`."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def arrays_as(self, kind: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def value(self, *arguments: object) -> object:
        return self.answer

    def batches(self, *arguments: object, **options: object) -> object:
        return self.answer

    skipgrams = training_examples = property(lambda self: self)


def test_batches_of_assignment_2(ass2: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(*_: object) -> Iterator[tuple[Array, Array]]:
        for number in range(10):
            received.append(number)
            yield np.zeros((500, 784), np.float32), large(500)

    received: list[int] = []
    monkeypatch.setattr(ass2, "stream", stream)
    monkeypatch.setattr(ass2, "FAR_TOO_MANY", 10)
    with pytest.raises(BadAnswer, match=f"The labels.*{MANY}"):
        ass2._ask(Answering(None), np.random.default_rng(0), 50, None)
    assert received == [0, 1, 2, 3]  # 1500 labels are taken


def test_batches_of_assignment_6(ass6: ModuleType) -> None:
    batch = large(2, ass6.MOST_TOKENS // 5), large(2)
    mix = SimpleNamespace(seqs=[SENTENCE], labels=np.zeros(1, np.int32))
    with pytest.raises(BadAnswer, match=f"The tokens of batch 3.*{MANY}"):
        ass6.checked_batches(Answering([batch] * 3), mix, 2, "padded")
    with pytest.raises(BadAnswer, match=f"The labels of batch 1.*{MANY}"):
        ass6.checked_batches(Answering([(large(1, 1), large(ass6.MOST_TOKENS + 1))]), mix, 2, "padded")


def test_pairs_of_assignment_8(ass8: ModuleType) -> None:
    with pytest.raises(BadAnswer, match=f"The pairs.*{MANY}"):
        ass8.pairs_of(Answering(large(ass8.ALWAYS_READ + 1, 2)), SENTENCE, 2)


@pytest.mark.parametrize(
    ("targets", "wide", "said"), [(10_001, 3, "The targets"), (10_000, 4, "The contexts")]
)
def test_examples_of_assignment_8(ass8: ModuleType, targets: int, wide: int, said: str) -> None:
    assert ass8.ALWAYS_READ == 10_000
    found = large(targets), large(targets, wide), large(targets, wide)
    with pytest.raises(BadAnswer, match=f"{said}: {MANY}"):
        ass8.examples_of(Answering(found), [SENTENCE], 2, 2, 9, 1, 0)
