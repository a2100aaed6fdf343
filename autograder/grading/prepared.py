"""What hidden tests draw at some cost and ask of every student alike: made for the first one, kept for the others.

Keeping it never decides a grade. What `make` draws from `rng` is a function of the state that the generator is in, and
that state is the same for every student of a term; with the kept value the generator moves on to where drawing it
left it. Every test gets a copy of its own, the first one too.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from autograder.course import Assignment, Course

T = TypeVar("T")

_kept: dict[tuple[str, str], tuple[bytes, Any]] = {}  # (name, state before) -> (pickle, state after)
_kept_for = ""  # the circumstances in which all of it was made


class Prepared:
    """The fixture `prepared`: `task = prepared("digits", rng, lambda: digits(data["mnist"], rng))`."""

    def __init__(self, course: Course, assignment: Assignment) -> None:
        self._circumstances = _circumstances(course, assignment)

    def __call__(self, name: str, rng: np.random.Generator, make: Callable[[], T]) -> T:
        """What `make()` returns, drawn from `rng` and from nothing else that differs between students.

        `name` tells apart what is drawn from generators in the same state. The value must be picklable: plain data,
        arrays, instances of the hidden tests' own classes. Raises pickle.PicklingError, TypeError or AttributeError
        where it is not.
        """
        global _kept_for
        if self._circumstances != _kept_for:
            _kept.clear()
            _kept_for = self._circumstances
        key = name, repr(rng.bit_generator.state)
        if key not in _kept:
            # Pickled in memory, not kept as an object: hidden tests are imported anew for each submission, and an
            # instance of an earlier import's class would be none of the present one's.
            made = pickle.dumps(make(), protocol=pickle.HIGHEST_PROTOCOL)
            _kept[key] = made, rng.bit_generator.state
        value, rng.bit_generator.state = _kept[key]
        return pickle.loads(value)  # type: ignore[no-any-return]


def _circumstances(course: Course, assignment: Assignment) -> str:
    """What a value may depend on beside the generator: the hidden tests' files, the data sets, the options."""
    files = sorted(path for path in course.hidden_tests(assignment.name).iterdir() if path.is_file())
    stats = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    return repr((stats, course.data.folder, assignment))
