"""Opens a submission for questioning: its sandbox, the reference, the hidden randomness, the data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from autograder import notebooks
from autograder.course import Assignment, Course
from autograder.data import keras_cache
from autograder.grading.allowance import SESSIONS, Allowance
from autograder.grading.context import GradingContext
from autograder.grading.gpu import gpus_of_this_machine
from autograder.grading.session import StudentSession
from autograder.grading.settings import GradingSettings as GradingSettings
from autograder.grading.warmth import (
    make_ready_kernel,
    reference_session,
    take_ready_kernel,
    warm_parent,
)
from autograder.sandbox import Gpu, SandboxSpec, reserved_gpu
from autograder.secret import term_secret


@contextlib.contextmanager
def open_context(
    course: Course,
    assignment: Assignment,
    handed_in: NotebookNode,
    release: NotebookNode,
    restored: NotebookNode,
    settings: GradingSettings,
) -> Iterator[GradingContext]:
    """Start the sandbox of a hand-in and yield what the fixtures of hidden tests draw on; ends its sandboxes
    at exit. Where this process is to grade more, the next one's is started meanwhile."""
    warm = warm_parent(assignment.profile)
    with _gpu_for(assignment, settings) as gpu:
        spec = SandboxSpec(
            profile=assignment.profile,
            limits=assignment.limits,
            hand_out=_handed_out(assignment, course),
            hide=(course.root,),
            gpu=gpu,
            isolation=settings.isolation,
            layers_off=settings.layers_off,
        )

        allowance = Allowance(SESSIONS * spec.session_wall_s)

        def open_session(notebook: NotebookNode, prelude: str) -> StudentSession:
            allowance.extend(assignment.limits.notebook_s)
            return StudentSession(
                notebook, spec, assignment.limits, warm, prelude=prelude, allowance=allowance
            )

        references: list[StudentSession] = []
        solutions: list[NotebookNode] = []  # the instructor's, once it was read

        def reference() -> StudentSession:
            if not solutions:
                solutions.append(notebooks.read(course.source(assignment.name)))
            references[:] = [reference_session(course, assignment, solutions[0], spec)]
            return references[0]

        ready = take_ready_kernel(spec)
        with StudentSession(
            restored, spec, assignment.limits, warm, ready=ready, allowance=allowance
        ) as session:
            yield GradingContext(
                course=course,
                assignment=assignment,
                handed_in=handed_in,
                release=release,
                restored=restored,
                sessions=[session],
                open_session=open_session,
                reference=reference,
                references=references,
                secret=settings.secret or term_secret(course),
                gpu=gpu,
            )
            if gpu is None:  # the next one may run on another
                make_ready_kernel(spec)


@contextlib.contextmanager
def _gpu_for(assignment: Assignment, settings: GradingSettings) -> Iterator[Gpu | None]:
    """The GPU of this grading, kept for it alone; None for a grading without."""
    if settings.device == "cpu":
        yield None
        return
    with reserved_gpu(settings.gpus or gpus_of_this_machine(assignment.profile, settings.isolation)) as gpu:
        yield gpu


def _handed_out(assignment: Assignment, course: Course) -> tuple[tuple[Path, str], ...]:
    if not assignment.data.hand_out:
        return ()
    return ((keras_cache(assignment.data.hand_out, course), "~/.keras/datasets"),)
