"""What a data set is, and the error of one that cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from autograder.mistakes import Mistake

Source = Literal["local folder", "keras download", "embedded"]


class DataError(Mistake):
    """A data set is unknown, or its file is broken. The text says which file and what to do."""


@dataclass(frozen=True)
class Dataset:
    """A data set in two halves. The arrays are read-only, because one copy serves a whole process.

    images (`mnist`, `fashion_mnist`, `cifar10`): uint8 images and labels, shaped as Keras gives them
    `imdb`: object arrays of lists of int as `keras.datasets.imdb.load_data()` gives them (a review begins
        with 1, rank r of `words` is r + 3), int64 labels; `words` is Keras's word index
    `rt-polarity`: string arrays of sentences, int64 labels (1 = positive)
    `deu-eng`: string arrays of English (`x`) and German (`y`) sentences
    `shakespeare`: string arrays of the text's lines; `y` repeats `x` moved on by one line
    """

    name: str
    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[Any]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[Any]
    source: Source
    words: Mapping[str, int] | None = None

    @property
    def embedded(self) -> bool:
        """Whether this is the small stand-in, whose thresholds are other ones than those of the real data."""
        return self.source == "embedded"


@dataclass(frozen=True)
class Halves:
    """The four arrays of a data set, before it is known where they came from."""

    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[Any]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[Any]
    words: Mapping[str, int] | None = None


def object_array(items: list[Any]) -> npt.NDArray[Any]:
    """A one-dimensional object array, also where all items have the same length."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array
