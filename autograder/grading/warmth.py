"""What one grader process keeps between gradings: warm parents, and the reference solution ready to answer.

Neither decides a grade. The reference is keyed by the content of the instructor's notebook, so a changed
solution is run anew; it is trusted code, but runs in a sandbox of its own like everything else.
"""

from __future__ import annotations

import atexit
import dataclasses
import hashlib

import nbformat
from nbformat import NotebookNode

from autograder.course import Assignment, Course
from autograder.grading.session import StudentSession
from autograder.sandbox import SandboxSpec, WarmParent

_A_MONTH_S = 30 * 86_400.0

_parents: dict[str, WarmParent] = {}
_references: dict[str, StudentSession] = {}


def warm_parent(profile: str) -> WarmParent:
    """The warm parent of a profile in this process; started on first use, ended with the process."""
    if profile not in _parents:
        _parents[profile] = WarmParent(profile).__enter__()
    return _parents[profile]


def reference_session(
    course: Course, assignment: Assignment, solution: NotebookNode, spec: SandboxSpec
) -> StudentSession:
    """The instructor's solution in its sandbox, run once and kept for the next grading of the same assignment."""
    key = hashlib.sha256(
        f"{course.root}\0{assignment.name}\0{spec!r}\0{nbformat.writes(solution)}".encode()
    ).hexdigest()
    if key not in _references:
        for old in list(_references):
            _references.pop(old).close()
        _references[key] = StudentSession(
            solution, _lasting(spec), assignment.limits, warm_parent(spec.profile)
        ).__enter__()
    return _references[key]


def _lasting(spec: SandboxSpec) -> SandboxSpec:
    """Without the limits on a session's whole time: one reference answers for every submission of a batch."""
    limits = spec.limits.model_copy(update={"cpu_s": _A_MONTH_S})
    return dataclasses.replace(spec, limits=limits, wall_s=_A_MONTH_S)


@atexit.register
def cool_down() -> None:
    """End all that this process keeps warm. Called at exit; a pool's worker may call it earlier."""
    while _references:
        _references.popitem()[1].close()
    while _parents:
        _parents.popitem()[1].__exit__(None, None, None)
