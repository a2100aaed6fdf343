"""Many gradings on this machine: a pool of grader processes, each with its own warm parent."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from autograder.course import Course
from autograder.grading.engine import grade
from autograder.grading.grade import Grade
from autograder.grading.opening import GradingSettings
from autograder.intake import Submission


def grade_all(
    submissions: Sequence[Submission], course: Course, settings: GradingSettings, *, jobs: int = 0
) -> Iterator[tuple[Submission, Grade]]:
    """Grade all submissions, `jobs` at a time (0: one a core), yielding each with its grade as it is done."""
    workers = min(jobs or len(os.sched_getaffinity(0)), len(submissions))
    if workers <= 1:
        for submission in submissions:
            yield submission, grade(submission, course, settings)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(grade, submission, course, settings): submission for submission in submissions}
        try:
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
