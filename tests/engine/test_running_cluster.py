"""Gradings on a Dask cluster: real scheduler, real workers, on loopback."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from distributed import Client
from nbformat.v4 import new_code_cell

from autograder import notebooks
from autograder.course import Cluster, Course
from autograder.grading.grade import Grade
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.running import cluster as cluster_module
from autograder.running import cluster_client
from autograder.running.cluster import ClusterPool
from autograder.running.local import GradingFailure, LocalPool, Result
from autograder.running.pools import ClusterError
from dask_cluster import DaskCluster

ANYWHERE = GradingSettings(isolation="weak")
BUSY = "import time\nend = time.process_time() + 2\nwhile time.process_time() < end:\n    pass"
ENDS_GRADER = "import os\n        os._exit(9)"
ENDS_WORKER = "import os, signal\n        os.kill(os.getppid(), signal.SIGKILL)\n        os._exit(9)"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", "a secret for these tests")


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with DaskCluster(tmp_path_factory.mktemp("dask")) as cluster:
        cluster.worker()
        cluster.worker()
        yield cluster


def hand_in(course: Course, student: str, *, last: str = "", wrong: bool = False) -> Submission:
    notebook = notebooks.read(course.release("mini") if wrong else course.source("mini"))
    if last:
        notebook.cells.append(new_code_cell(last))
    return Submission(assignment="mini", student=student, notebook=nbformat.writes(notebook))


def test_a_lost_worker_changes_no_grade(mini_course: Course, two_workers: DaskCluster) -> None:
    hand_ins = [
        hand_in(mini_course, "quick"),
        hand_in(mini_course, "slow", last=BUSY),
        hand_in(mini_course, "wrong", wrong=True),
        hand_in(mini_course, "late"),
    ]
    results: dict[str, Result] = {}
    with ClusterPool(mini_course, ANYWHERE, Cluster(address=two_workers.address)) as pool:
        for submission, result in pool.grade_all(hand_ins):
            if not results:
                [killed, *_] = pool._client.processing()
                pid = pool._client.run(os.getpid, workers=[killed])[killed]
                graders = psutil.Process(pid).children(recursive=True)
                os.kill(pid, signal.SIGKILL)
            results[submission.student] = result
    print(results)
    _, alive = psutil.wait_procs(graders, timeout=10)
    assert not alive


def test_x(mini_course: Course, two_workers: DaskCluster) -> None:
    pass
