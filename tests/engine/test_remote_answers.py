"""The form of an answer: what is accepted, and the sentence for what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.remote import answers
from autograder.remote.errors import BadAnswer

f32 = np.float32


def refused(judge: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(BadAnswer) as bad:
        judge(*args, **kwargs)
    assert bad.value.status == "failed"
    return bad.value.sentence


def test_an_array_of_the_right_form_is_handed_through() -> None:
    x = np.ones((5, 10), f32)
    assert answers.array(x, (5, 10)) is x
    assert answers.array(x, (None, 10)) is x
    assert answers.array(x) is x
    assert answers.array(x.astype("f8"), (5, 10), ("float32", "float64")).dtype == np.float64
    assert answers.array(2.5, (), "float64") == 2.5


@pytest.mark.parametrize(
    ("value", "options", "sentence"),
    [
        (
            np.ones((5, 9), f32),
            {"shape": (5, 10)},
            "The logits: expected an array of shape (5, 10), found shape (5, 9).",
        ),
        (np.ones(5, f32), {"shape": (None, 2)}, "expected an array of shape (any, 2), found shape (5,)."),
        (np.ones((5, 10)), {}, "expected dtype float32, found float64."),
        (np.ones(3, "i4"), {}, "expected dtype float32, found int32."),
        (np.array([1, np.nan], f32), {}, "expected finite numbers, found NaN."),
        (np.array([1, -np.inf], f32), {}, "expected finite numbers, found infinite values."),
        (np.array([np.nan + 0j]), {"dtype": None}, "found NaN"),
        (np.ones((0, 3), f32), {}, "expected an array with elements, found an empty one."),
        (np.array(["a"]), {"dtype": None}, "expected an array of numbers, found an array of text."),
        (None, {"shape": (2,)}, "expected an array of shape (2,), found None (is a return missing?)."),
        ([1.0, 2.0], {}, "expected an array, found a list."),
        ({"a": 1}, {}, "expected an array, found a dictionary."),
        (2**80, {"dtype": None}, "expected an array, found a number."),
        (np.ones((1, 1, 1, 1, 123), f32), {"shape": (1,)}, "found one of 5 dimensions."),
        (np.ones(48151, f32), {"shape": (1,)}, "found one of another shape."),
        (np.ones((2, 1), f32), {"shape": ()}, "expected an array without dimensions, found shape (2, 1)."),
        (f32(1), {"shape": (2,)}, "found an object"),
        (np.asarray(1, f32), {"shape": (2,)}, "found a single number."),
    ],
)
def test_arrays_of_another_form(value: object, options: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(answers.array, value, what="the logits", **options)


def test_objects_and_subclasses_never_pass() -> None:
    class Friendly(np.ndarray[Any, Any]):
        pass

    for value in (np.ones(2, f32).view(Friendly), np.array([object()]), np.ones(2, "i4,i4"), object()):
        refused(answers.array, value, dtype=None)


def test_scalars() -> None:
    for value in (2, 2.0, np.asarray(2, f32)):
        assert answers.scalar(value) == 2
    assert refused(answers.scalar, True) == "The answer: expected a number, found truth values."
    for value in (True, 1j, np.ones(1, f32), float("nan"), "2", None, [2]):
        refused(answers.scalar, value)
    assert "expected dtype float32, found float64" in refused(answers.scalar, 2.0, "float32")


def test_integers() -> None:
    for value in (2, np.asarray(2, "i8"), np.asarray(2, "u1")):
        assert answers.integer(value) == 2
    assert answers.integer(2**80) == 2**80
    for value in (True, 2.0, np.asarray(2.0), np.ones(1, "i4"), "2", None):
        refused(answers.integer, value)
    assert "a whole number from 0 to 9" in refused(answers.integer, 10, 0, 9)
    found = answers.integers(np.array([1, 2], "u1"), (2,), 0, 2)
    assert (found.dtype, found.tolist()) == (np.int64, [1, 2])
    assert "of at most 1" in refused(answers.integers, np.array([1, 2]), high=1)
    for value in (np.ones(2), np.array([True]), np.array([2**64 - 1], "u8"), np.zeros(0, "i8")):
        refused(answers.integers, value)


def test_containers() -> None:
    assert answers.listing((1, 2), 2) == [1, 2]
    assert "expected 3 elements, found 2" in refused(answers.listing, [1, 2], 3)
    refused(answers.listing, np.ones(3))
    assert answers.dictionary({"a": 1, "b": 2}, ["a"]) == {"a": 1, "b": 2}
    assert "the key 'c' is missing" in refused(answers.dictionary, {"a": 1}, ["a", "c"])
    refused(answers.dictionary, [("a", 1)])
    params = answers.arrays([np.ones((2, 3), f32), np.ones(3, f32)], [(2, 3), (3,)], what="the gradients")
    assert [array.shape for array in params] == [(2, 3), (3,)]
    sentence = refused(answers.arrays, [np.ones(3, f32), np.ones(2, f32)], [(3,), (3,)], what="the gradients")
    assert sentence == "The gradients, element 1: expected an array of shape (3,), found shape (2,)."


def test_text() -> None:
    assert answers.text("SBR", ["SBR", "BSR"]) == "SBR"
    assert "expected one of 'SBR', 'BSR'" in refused(answers.text, "x", ["SBR", "BSR"])
    refused(answers.text, b"SBR")


def test_answers_far_too_large_are_refused_before_they_are_converted() -> None:
    sentence = "The pairs: found far more numbers than there should be."
    small = np.zeros((6, 2), np.uint8)
    assert refused(answers.integers, small, (None, 2), what="the pairs", most=11) == sentence
    assert answers.integers(small, (None, 2), most=12).dtype == np.int64
    assert refused(answers.array, small, dtype=None, what="the pairs", most=11) == sentence
    vast = np.broadcast_to(np.uint8(0), answers.MOST_NUMBERS + 1)  # one byte of memory
    assert refused(answers.integers, vast, what="the pairs") == sentence
