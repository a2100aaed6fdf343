"""Gradings on a Dask cluster: a real scheduler and real workers, on loopback."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from dask_cluster import DaskCluster
from distributed import Client

from autograder import gradebook, notebooks
from autograder.class_run import Graded, carry_out, plan
from autograder.course import Cluster, Course, CourseError
from autograder.grading import warmth
from autograder.grading.grade import Grade, Timing
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.running import cluster as cluster_module
from autograder.running import cluster_client, grader
from autograder.running.bundle import Bundle, BundleError, portable
from autograder.running.cluster import ClusterPool
from autograder.running.cluster_error import ClusterError
from autograder.running.engine_version import differences, engine_version
from autograder.running.local import GradingFailure, LocalPool, Result
from autograder.running.pools import cluster_of, pool_for
from autograder.running.store import GradeStore
from autograder.sandbox import Gpu, IsolationError
from autograder.secret import VARIABLE, term_secret

ANYWHERE = GradingSettings(isolation="weak")
BUSY = "import time\nend = time.process_time() + 2\nwhile time.process_time() < end:\n    pass"
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a secret for these tests")


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with DaskCluster(tmp_path_factory.mktemp("dask")) as cluster:
        cluster.worker()
        cluster.worker()
        yield cluster


@pytest.fixture
def client(dask: DaskCluster) -> Iterator[Client]:
    """An onlooker, when both workers are there: a test before this one may have killed some."""
    with Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE_S)
        yield client


def notebook_of(course: Course, *, last: str = "", wrong: bool = False) -> str:
    notebook = notebooks.read(course.release("mini") if wrong else course.source("mini"))
    if last:
        notebook.cells.append(new_code_cell(last, id="last"))
    return nbformat.writes(notebook)


def hand_in(course: Course, student: str, **kind: str | bool) -> Submission:
    return Submission(assignment="mini", student=student, notebook=notebook_of(course, **kind))


def results_of(pool: ClusterPool, hand_ins: list[Submission]) -> dict[str, Result]:
    return {submission.student: result for submission, result in pool.grade_all(hand_ins)}


def score(result: Result) -> float:
    assert isinstance(result, Grade), result
    return result.score


def processes_of(client: Client) -> dict[str, int]:
    return dict(client.run(os.getpid))


def graders_of(client: Client) -> list[psutil.Process]:
    return [
        child
        for pid in processes_of(client).values()
        for child in psutil.Process(pid).children()
        if any(grader.__name__ in part for part in child.cmdline())
    ]


def add_hidden_test(course: Course, body: str) -> None:
    file = course.hidden_tests("mini") / "test_mini.py"
    added = (
        f"\n\n@pytest.mark.item('average-values')\ndef test_added(source):\n    '''Added.'''\n    {body}\n"
    )
    file.write_text(file.read_text(encoding="utf-8") + added, encoding="utf-8")


# A whole class


def test_gradebook_is_the_local_one_although_a_worker_is_killed(
    mini_course: Course, client: Client, dask: DaskCluster
) -> None:
    for student, text in {
        "quick": notebook_of(mini_course),
        "slow": notebook_of(mini_course, last=BUSY),
        "wrong": notebook_of(mini_course, wrong=True),
        "broken": "no notebook",
    }.items():
        folder = mini_course.submitted / student / "mini"
        folder.mkdir(parents=True)
        (folder / "mini.ipynb").write_text(text, encoding="utf-8")
    elsewhere = Course.load(shutil.copytree(mini_course.root, mini_course.root.parent / "elsewhere"))
    assert how(run(elsewhere)) == {
        "quick": "graded",
        "slow": "graded",
        "wrong": "graded",
        "broken": "rejected",
    }
    graders: list[psutil.Process] = []
    on_cluster = []
    for graded in run(mini_course, dask.address):
        on_cluster.append(graded)
        if graded.how == "graded" and not graders:
            busy = next(worker for worker, keys in client.processing().items() if keys)
            pid = processes_of(client)[busy]
            graders = psutil.Process(pid).children(recursive=True)
            os.kill(pid, signal.SIGKILL)
    assert graders, "no worker was killed"
    assert how(on_cluster) == how(run(elsewhere, force=False)) | {
        "quick": "graded",
        "slow": "graded",
        "wrong": "graded",
    }
    assert recorded(mini_course) == recorded(elsewhere)
    _, alive = psutil.wait_procs(graders, timeout=PATIENCE_S)
    assert not alive, "graders outlived their worker"
    client.wait_for_workers(2, timeout=PATIENCE_S)
    assert not list(dask.folder.rglob("autograder-*")), "files of the killed worker are left"


def run(course: Course, address: str | None = None, *, force: bool = True) -> Iterator[Graded]:
    todo = plan(course, "mini", ANYWHERE, force=force)
    yield from carry_out(todo, course, "mini", ANYWHERE, jobs=1, cluster=address)


def how(results: Iterator[Graded] | list[Graded]) -> dict[str, str]:
    return {graded.student: graded.how for graded in results}


def recorded(course: Course) -> dict[str, object]:
    """What is in the gradebook and in the store, without times."""
    stored = {
        student: grade.model_copy(update={"timing": Timing(wall_s=0, cpu_s=0), "items": without_times(grade)})
        for student, grade in GradeStore(course, "mini").items()
    }
    return {"book": gradebook.class_grades(course, "mini"), "stored": stored}


def without_times(grade: Grade) -> tuple[object, ...]:
    return tuple(
        item.model_copy(
            update={"outcomes": tuple(each.model_copy(update={"wall_s": 0.0}) for each in item.outcomes)}
        )
        for item in grade.items
    )


def test_submission_that_ends_its_workers_or_graders_is_reported_and_the_others_go_on(
    mini_course: Course, client: Client, dask: DaskCluster
) -> None:
    add_hidden_test(
        mini_course,
        "import os, signal\n"
        "    if 'END THE WORKER' in source.text:\n"
        "        os.kill(os.getppid(), signal.SIGKILL)\n"
        "        signal.pause()\n"
        "    if 'END THE GRADER' in source.text:\n"
        "        os._exit(9)",
    )
    hand_ins = [
        hand_in(mini_course, "ends workers", last="'END THE WORKER'"),
        hand_in(mini_course, "ends graders", last="'END THE GRADER'"),
        hand_in(mini_course, "good"),
    ]
    with ClusterPool(mini_course, ANYWHERE, Cluster(address=dask.address)) as pool:
        results = results_of(pool, hand_ins)
    assert score(results.pop("good")) == 5.0
    assert results == {
        "ends workers": GradingFailure("2 workers were lost while they graded this submission."),
        "ends graders": GradingFailure("2 graders ended on this submission."),
    }


def test_mistake_of_the_course_stops_the_run_with_its_name(
    mini_course: Course, client: Client, dask: DaskCluster
) -> None:
    (mini_course.hidden_tests("mini") / "test_mini.py").write_text("import no_such_module", encoding="utf-8")
    with (
        ClusterPool(mini_course, ANYWHERE, Cluster(address=dask.address)) as pool,
        pytest.raises(Exception, match="no_such_module") as raised,
    ):
        results_of(pool, [hand_in(mini_course, "ada")])
    assert type(raised.value).__name__ == "HiddenTestsError"


def test_result_that_went_with_its_worker_is_asked_for_again(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = ClusterPool(mini_course, ANYWHERE, Cluster(address="tcp://127.0.0.1:1"))
    again: list[object] = []
    monkeypatch.setattr(pool, "_submit", again.append)
    lost: Any = SimpleNamespace(status="lost")
    task = cluster_module._Task(1, hand_in(mini_course, "ada"), lost, attempt=2)
    pool._tasks[1] = task
    assert pool._take(cluster_module._Done(1, attempt=1)) is None, (
        "an earlier attempt, which nobody waits for"
    )
    assert again == []
    assert pool._take(cluster_module._Done(1, attempt=2)) is None
    assert again == [task]


# What travels


def test_changed_hidden_tests_reach_the_workers_also_by_a_shared_folder(
    mini_course: Course, client: Client, dask: DaskCluster, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    cluster = Cluster(address=dask.address, shared_folder=shared)
    with ClusterPool(mini_course, ANYWHERE, cluster) as pool:
        assert score(results_of(pool, [hand_in(mini_course, "ada")])["ada"]) == 5.0
    add_hidden_test(mini_course, "assert False")
    with ClusterPool(mini_course, ANYWHERE, cluster) as pool:
        assert score(results_of(pool, [hand_in(mini_course, "ada")])["ada"]) < 5.0
    kept = list((shared / "autograder-bundles").iterdir())
    assert len(kept) == 2
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in kept)


def test_bundle_has_what_decides_a_grade_and_nothing_else(mini_course: Course, tmp_path: Path) -> None:
    hand_in_folder = mini_course.submitted / "ada" / "mini"
    hand_in_folder.mkdir(parents=True)
    (hand_in_folder / "mini.ipynb").write_text("{}")
    bundle = Bundle.of(mini_course, "mini")
    assert [name for name, _ in bundle.files] == [
        "release/mini/mini.ipynb",
        "source/mini/mini.ipynb",
        "tests/hidden/mini/test_mini.py",
    ]
    there = bundle.unpack(tmp_path, portable(mini_course, "mini"))
    assert grader.order(there, "mini", ANYWHERE).key == grader.order(mini_course, "mini", ANYWHERE).key


def test_course_travels_without_its_databases_password(mini_course: Course) -> None:
    course = mini_course.model_copy(update={"gradebook": "postgresql://nbgrader:pass-word@db/course"})
    assert "pass-word" not in portable(course, "mini").model_dump_json()


def test_bundle_that_was_changed_in_the_shared_folder_is_refused(mini_course: Course, tmp_path: Path) -> None:
    bundle = Bundle.of(mini_course, "mini")
    place = bundle.put(tmp_path)
    assert Bundle.get(tmp_path, bundle.digest) == bundle
    (place / "tests" / "hidden" / "mini" / "test_mini.py").write_text("# full points for all")
    with pytest.raises(BundleError, match="are not those that were put there"):
        Bundle.get(tmp_path, bundle.digest)
    with pytest.raises(BundleError, match="mounted"):
        Bundle.get(tmp_path / "elsewhere", bundle.digest)


# The end of a run


def test_leaving_early_ends_all_graders_and_only_a_few_submissions_were_taken(
    mini_course: Course, client: Client, dask: DaskCluster
) -> None:
    taken = 0
    before = set(dask.folder.rglob("autograder-*"))

    def endless() -> Iterator[Submission]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield hand_in(mini_course, f"student-{number}")

    with ClusterPool(mini_course, ANYWHERE, Cluster(address=dask.address)) as pool:
        next(pool.grade_all(endless()))
        graders = graders_of(client)
        assert len(graders) == 2
        files = set(dask.folder.rglob("autograder-*")) - before
        assert len(files) == 2
    assert taken <= 5, "more than two submissions a grader were taken ahead"
    _, alive = psutil.wait_procs(graders, timeout=PATIENCE_S)
    assert not alive
    assert not any(folder.exists() for folder in files)


DRIVER = """
import sys
from autograder.course import Cluster, Course
from autograder.grading.settings import GradingSettings
from autograder.intake import submission_from_file
from autograder.running.cluster import ClusterPool

course = Course.load(sys.argv[1])
one = submission_from_file(course.source("mini"), "mini")
with ClusterPool(course, GradingSettings(isolation="weak"), Cluster(address=sys.argv[2])) as pool:
    for _ in pool.grade_all(iter(lambda: one, None)):
        print("graded", flush=True)
"""


def test_killed_driver_leaves_no_grader_behind(
    mini_course: Course, client: Client, dask: DaskCluster
) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(mini_course.root), dask.address], stdout=subprocess.PIPE, text=True
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "graded\n"
    graders = graders_of(client)
    assert len(graders) == 2
    driver.kill()
    driver.communicate()
    _, alive = psutil.wait_procs(graders, timeout=PATIENCE_S)
    assert not alive


# Who may grade


def test_other_engine_is_refused_with_both_versions(
    mini_course: Course, client: Client, dask: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {**engine_version(), "autograder": "99.9 (0123456789)"}
    monkeypatch.setattr(cluster_module, "engine_version", lambda: other)
    with (
        ClusterPool(mini_course, ANYWHERE, Cluster(address=dask.address)) as pool,
        pytest.raises(ClusterError, match=r"autograder .* here, 99\.9 \(0123456789\) there"),
    ):
        results_of(pool, [hand_in(mini_course, "ada")])


def test_gradings_on_a_gpu_go_to_workers_that_offer_one(
    mini_course: Course, client: Client, dask: DaskCluster
) -> None:
    tests = mini_course.hidden_tests("mini") / "test_mini.py"
    marked = '@pytest.mark.item("average-values", weight=2)\n@pytest.mark.gpu'
    text = tests.read_text(encoding="utf-8")
    tests.write_text(text.replace('@pytest.mark.item("average-values", weight=2)', marked), encoding="utf-8")
    settings = replace(ANYWHERE, device="gpu", gpus=(Gpu("GPU-simulated-worker", "Simulated GPU"),))
    cluster = Cluster(address=dask.address)
    with (
        ClusterPool(mini_course, settings, cluster) as pool,
        pytest.raises(ClusterError, match="does not offer the resource GPU"),
    ):
        results_of(pool, [hand_in(mini_course, "ada")])
    before = set(processes_of(client))
    worker = dask.worker("--resources", "GPU=1")
    try:
        [offering] = set(processes_of(client)) - before
        with ClusterPool(mini_course, settings, cluster) as pool:
            results = results_of(pool, [hand_in(mini_course, name) for name in ("ada", "ben", "cleo")])
            assert {name for name, report in pool._workers.items() if report.slots} == {offering}
        assert [score(result) for result in results.values()] == [3.0] * 3  # of the one item with such a test
    finally:
        worker.end()


def test_grader_refuses_other_data_and_missing_isolation(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (mini_course.root / "course.yaml").open("a", encoding="utf-8") as file:
        file.write("    data: {hold_back: [mnist]}\ndata: {embedded: true}\n")
    course = Course.load(mini_course.root)
    order = grader.order(course, "mini", ANYWHERE)

    class Warm:
        def layers_for(self, spec: object) -> None:
            raise IsolationError("Missing: seccomp")

    monkeypatch.setattr(warmth, "warm_parent", lambda profile: Warm())
    assert grader._refusal(order) == "Missing: seccomp"
    other = replace(order, data=(("mnist", "another fingerprint", "local folder"),))
    assert "'mnist' is another one here (embedded)" in grader._refusal(other)


def test_differences_name_both_versions() -> None:
    assert differences({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == (
        "b 2 here, 3 there",
        "c none here, 4 there",
    )


# The connection


def test_missing_scheduler_is_said_clearly(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_client, "_CONNECT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with (
        ClusterPool(mini_course, ANYWHERE, Cluster(address=f"tcp://127.0.0.1:{port}")) as pool,
        pytest.raises(ClusterError, match="No Dask scheduler answers at tcp://127"),
    ):
        results_of(pool, [hand_in(mini_course, "ada")])


@pytest.mark.parametrize("address", ["head:8786", "http://head:8786", "tcp://head", "tcp://"])
def test_address_that_is_none_is_refused(mini_course: Course, address: str) -> None:
    by_option = Cluster().model_copy(
        update={"address": address}
    )  # course.yaml's model refuses most of them itself
    with (
        ClusterPool(mini_course, ANYWHERE, by_option) as pool,
        pytest.raises(ClusterError, match="is no scheduler's address"),
    ):
        results_of(pool, [hand_in(mini_course, "ada")])


def test_cluster_without_workers_is_waited_for_and_then_said(mini_course: Course, tmp_path: Path) -> None:
    with (
        DaskCluster(tmp_path) as empty,
        ClusterPool(mini_course, ANYWHERE, Cluster(address=empty.address, wait_s=0.5)) as pool,
        pytest.raises(ClusterError, match=r"could grade for 0\.5 s"),
    ):
        results_of(pool, [hand_in(mini_course, "ada")])


def test_lost_scheduler_is_said_and_nothing_hangs(mini_course: Course, tmp_path: Path) -> None:
    with DaskCluster(tmp_path) as dask:
        dask.worker("--no-nanny")
        hand_ins = (hand_in(mini_course, f"student-{number}") for number in itertools.count())
        with ClusterPool(mini_course, ANYWHERE, Cluster(address=dask.address)) as pool:
            results = pool.grade_all(hand_ins)
            next(results)
            dask.scheduler.process.kill()
            with pytest.raises(ClusterError, match="was lost"):
                list(results)


def test_everything_works_encrypted(mini_course: Course, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificates, is not installed")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
            ),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    files = ("--tls-ca-file", str(cert), "--tls-cert", str(cert), "--tls-key", str(key))
    with (mini_course.root / "course.yaml").open("a", encoding="utf-8") as file:
        file.write(f"cluster: {{tls: {{ca: {cert}, cert: {cert}, key: {key}}}}}\n")
    course = Course.load(mini_course.root)
    with DaskCluster(tmp_path, scheme="tls", certificates=files) as dask:
        assert dask.address.startswith("tls://")
        dask.worker()
        with (
            ClusterPool(course, ANYWHERE, Cluster(address=dask.address)) as pool,
            pytest.raises(ClusterError, match="certificates"),
        ):
            results_of(pool, [hand_in(course, "ada")])
        with pool_for(course, ANYWHERE, address=dask.address) as pool:
            assert score(results_of(pool, [hand_in(course, "ada")])["ada"]) == 5.0


# Configuration


def test_option_wins_over_course_file(mini_course: Course) -> None:
    with (mini_course.root / "course.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "cluster: {address: tls://head:8786, wait_s: 5, resources: {memory: 4e9}, shared_folder: shared}\n"
        )
    course = Course.load(mini_course.root)
    assert cluster_of(mini_course) is None
    configured = cluster_of(course)
    assert configured is not None
    assert (configured.address, configured.wait_s) == ("tls://head:8786", 5.0)
    assert configured.shared_folder == course.root / "shared"
    named = cluster_of(course, "tcp://127.0.0.1:1")
    assert named is not None
    assert (named.address, named.resources) == ("tcp://127.0.0.1:1", {"memory": 4e9})
    assert cluster_of(course, "none") is None
    assert isinstance(pool_for(course, ANYWHERE, address="none"), LocalPool)
    assert isinstance(pool_for(course, ANYWHERE), ClusterPool)


def test_mistake_in_the_cluster_section_names_the_keys(mini_course: Course) -> None:
    with (mini_course.root / "course.yaml").open("a", encoding="utf-8") as file:
        file.write("cluster: {adress: tls://head:8786}\n")
    with pytest.raises(CourseError, match="did you mean address"):
        Course.load(mini_course.root)


def test_secret_of_this_machine_travels_with_the_order(mini_course: Course) -> None:
    pool = ClusterPool(mini_course, ANYWHERE, Cluster(address="tcp://127.0.0.1:1"))
    assert term_secret(mini_course).value in pool._shipment("mini")
