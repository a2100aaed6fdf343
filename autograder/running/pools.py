"""Where gradings run: on this machine, or on a cluster. Both pools have one face, `Pool`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

from autograder.course import Cluster, Course
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.running.cluster_error import ClusterError
from autograder.running.local import LocalPool, Result

HERE = "none"  # the address that means: on this machine, whatever course.yaml says


class Pool(Protocol):
    """Many gradings at once; a context manager, which ends whatever it started."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def warm_up(self, assignment: str) -> None:
        """Start what takes seconds to start, before there is a submission; returns at once."""
        ...

    def grade_all(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Result]]:
        """Grade all, yielding each as it is done."""
        ...


def pool_for(course: Course, settings: GradingSettings, *, jobs: int = 0, address: str | None = None) -> Pool:
    """The pool that the course asks for: a cluster where course.yaml or `address` names one, else this machine.

    `address` wins over course.yaml; "none" is this machine. Raises ClusterError if Dask is not installed.
    """
    cluster = cluster_of(course, address)
    if cluster is None:
        return LocalPool(course, settings, jobs=jobs)
    try:
        from autograder.running.cluster import ClusterPool
    except ModuleNotFoundError as missing:
        raise ClusterError(
            f"Grading on a cluster needs Dask's scheduler ({missing.name} is not installed): "
            "pip install 'autograder[cluster]'"
        ) from missing
    return ClusterPool(course, settings, cluster)


def cluster_of(course: Course, address: str | None = None) -> Cluster | None:
    """The cluster to grade on; None for this machine."""
    if address == HERE:
        return None
    configured = course.cluster or Cluster()
    if address is not None:
        configured = configured.model_copy(update={"address": address})
    return configured if configured.address is not None else None
