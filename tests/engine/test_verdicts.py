"""What a hidden test may say."""

import numpy as np
import pytest

from autograder.grading import Failed, Partial, expect


def test_expect_passes_only_what_is_true() -> None:
    expect(True, "fine")
    expect(np.bool_(True), "fine")
    with pytest.raises(Failed, match="too small"):
        expect(np.float32(1.0) > 2, "too small", hint="larger")


@pytest.mark.parametrize("condition", [np.ones(3), [1], "yes", 1, object(), None])
def test_expect_refuses_what_only_claims_to_be_true(condition: object) -> None:
    with pytest.raises(TypeError, match="takes a bool"):
        expect(condition, "never said")


@pytest.mark.parametrize("score", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_partial_is_a_share(score: float) -> None:
    with pytest.raises(ValueError, match="strictly between"):
        Partial(score, "sentence")
