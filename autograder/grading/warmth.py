"""What one grader process keeps between gradings: warm parents, the reference solution ready to answer, and, where
more gradings are to come, a kernel for the next one.

None of it decides a grade. The reference is keyed by the content of the instructor's notebook, so a changed
solution is run anew; it is trusted code, but runs in a sandbox of its own like everything else.
"""

from __future__ import annotations

import atexit
import dataclasses
import hashlib
import socket

import nbformat
from nbformat import NotebookNode

from autograder import notebooks
from autograder.course import Assignment, Course
from autograder.grading.cell_errors import error_sentences
from autograder.grading.ready import ReadyKernel
from autograder.grading.session import StudentSession
from autograder.sandbox import SandboxSpec, WarmParent

_A_MONTH_S = 30 * 86_400.0

_parents: dict[str, WarmParent] = {}
_references: dict[str, StudentSession] = {}
_ready: list[ReadyKernel] = []  # one at most
_more_to_come = False


def warm_parent(profile: str) -> WarmParent:
    """The warm parent of a profile in this process; started on first use, ended with the process."""
    if profile not in _parents:
        _parents[profile] = WarmParent(profile).__enter__()
    return _parents[profile]


def share_parent(profile: str, lent: socket.socket) -> None:
    """Use the warm parent of another process, which has lent it (`WarmParent.lend`), instead of starting one here."""
    _parents[profile] = WarmParent(profile, joined=lent)


def expect_more(whether: bool) -> None:
    """Say that this process will grade more submissions, so that it starts the next one's kernel ahead of time."""
    global _more_to_come
    _more_to_come = whether


def take_ready_kernel(spec: SandboxSpec) -> ReadyKernel | None:
    """The kernel that was started ahead of time, if it is one of this specification; it is nobody else's then."""
    while _ready:
        kernel = _ready.pop()
        if kernel.spec == spec:
            return kernel
        kernel.close()
    return None


def make_ready_kernel(spec: SandboxSpec) -> None:
    """Start the kernel of the next submission, in the background, if there is to be one."""
    if _more_to_come and not _ready:
        _ready.append(ReadyKernel(spec, warm_parent(spec.profile)))


def drop_ready_kernel() -> None:
    """End the kernel that was started ahead of time, if there is one."""
    while _ready:
        _ready.pop().close()


def reference_session(
    course: Course, assignment: Assignment, solution: NotebookNode, spec: SandboxSpec
) -> StudentSession:
    """The instructor's solution in its sandbox, run once and kept for the next grading of the same assignment.

    Its public checks are not run: they pass, take the most time, and leave nothing that a question needs. Where a cell
    stops with an error without them, all of it is run.
    """
    key = hashlib.sha256(
        f"{course.root}\0{assignment.name}\0{spec!r}\0{nbformat.writes(solution)}".encode()
    ).hexdigest()
    if key not in _references:
        for old in list(_references):
            _references.pop(old).close()
        session = _started(_without_checks(solution), assignment, spec)
        if error_sentences(session.notebook):
            session.close()
            session = _started(solution, assignment, spec)
        _references[key] = session
    return _references[key]


def forget_reference() -> None:
    """End the reference: something is wrong with it, or may be. The next grading starts another."""
    while _references:
        _references.popitem()[1].close()


def _started(solution: NotebookNode, assignment: Assignment, spec: SandboxSpec) -> StudentSession:
    warm = warm_parent(spec.profile)
    return StudentSession(solution, _lasting(spec), assignment.limits, warm).__enter__()


def _without_checks(solution: NotebookNode) -> NotebookNode:
    checks = {cell.index for cell in notebooks.grade_cells(solution) if cell.kind == "autograded"}
    cells = [cell for index, cell in enumerate(solution.cells) if index not in checks]
    return NotebookNode({**solution, "cells": cells})


def _lasting(spec: SandboxSpec) -> SandboxSpec:
    """Without the limits on a session's whole time: one reference answers for every submission of a batch."""
    limits = spec.limits.model_copy(update={"cpu_s": _A_MONTH_S})
    return dataclasses.replace(spec, limits=limits, wall_s=_A_MONTH_S)


@atexit.register
def cool_down() -> None:
    """End all that this process keeps warm. Called at exit; a pool's worker may call it earlier."""
    drop_ready_kernel()
    forget_reference()
    while _parents:
        _parents.popitem()[1].__exit__(None, None, None)
