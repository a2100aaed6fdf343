"""Tests that wait for a GPU: which are run when, what a later grading with a GPU adds, and what it leaves alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder import notebooks
from autograder.course import Course
from autograder.grading.deferred import carried_over, is_open, merged
from autograder.grading.engine import MeasurementError, grade
from autograder.grading.gpu import usable_gpus
from autograder.grading.grade import Environment, Grade, Status
from autograder.grading.opening import GradingSettings
from autograder.intake import Submission
from autograder.sandbox import Gpu, NoGpuError, reserved_gpu

FIXTURE = Path(__file__).parent / "course_fixture"
WITHOUT = GradingSettings(isolation="weak")
# Stands in for a device: sessions see no more than its name, and what runs "on" it runs on the CPU.
SIMULATED = Gpu("GPU-simulated", "Simulated GPU", "1.2.3", libraries=(("CUDA", "12.5"),))
WITH = GradingSettings(isolation="weak", device="gpu", gpus=(SIMULATED,))

GPU_TESTS = '''
"""Tests that need a GPU: half of one item, all of another."""

import os

import pytest
from autograder.grading.verdicts import expect


@pytest.mark.gpu
@pytest.mark.item("standardise-values", weight=2)
@pytest.mark.parametrize("rows", [5, 50])
def test_many_rows(student, rng, rows):
    """Large tables are standardised on the GPU."""
    with student.arrays_as("numpy"):
        answer = student.standardise(rng.normal(size=(rows, 3)))
    expect(abs(answer.mean()) < 1e-9, "The mean is not 0.")


@pytest.mark.gpu
@pytest.mark.item("average-values")
def test_sees_the_gpu(student, reference, environment, measure):
    """Both programs see the same GPU."""
    for program in (student, reference):
        program.run("import os; SEEN = os.environ.get('CUDA_VISIBLE_DEVICES'); "
                    "GROWTH = os.environ.get('TF_FORCE_GPU_ALLOW_GROWTH')")
        expect(program.get("SEEN") == "GPU-simulated", "This is another device.")
        expect(program.get("GROWTH") == "true", "One program takes all memory of the device.")
    measure.figure("Measured on", ", ".join(f"{name} {value}" for name, value in environment.items()))
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("course") / "mini"
    shutil.copytree(FIXTURE, folder)
    course = Course.load(folder)
    (course.hidden_tests("mini") / "test_mini_gpu.py").write_text(GPU_TESTS, encoding="utf-8")
    return course


@pytest.fixture(scope="module")
def secret() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SECRET", "a secret for these tests")
        yield


def submission(course: Course, **replaced: str) -> Submission:
    notebook = notebooks.replace_solutions(notebooks.read(course.source("mini")), replaced)
    return Submission(assignment="mini", student="ada", notebook=nbformat.writes(notebook))


@pytest.fixture(scope="module")
def waiting(course: Course, secret: None) -> Grade:
    return grade(submission(course), course, WITHOUT)


@pytest.fixture(scope="module")
def later(course: Course, secret: None) -> Grade:
    return grade(submission(course), course, WITH)


def test_without_a_gpu_their_items_are_open_and_the_grade_is_incomplete(waiting: Grade) -> None:
    items = {item.id: item for item in waiting.items}
    assert (waiting.status, waiting.score, waiting.max_score) == ("incomplete", 0.0, 8.0)
    assert waiting.reason == "Waiting for a GPU: standardise-values, average-values."
    assert [outcome.status for outcome in items["standardise-values"].outcomes] == [
        Status.PASSED, Status.PASSED, Status.DEFERRED, Status.DEFERRED,
    ]  # fmt: skip
    assert items["average-values"].score is None
    assert is_open(waiting)


def test_with_a_gpu_nothing_else_is_run(later: Grade) -> None:
    assert [outcome.test for item in later.items for outcome in item.outcomes] == [
        "test_many_rows[5]", "test_many_rows[50]", "test_sees_the_gpu",
    ]  # fmt: skip
    assert (later.environment.device, later.environment.driver) == ("Simulated GPU", "1.2.3")


def test_student_and_reference_see_the_device_and_leave_each_other_memory(later: Grade) -> None:
    [outcome] = [outcome for item in later.items for outcome in item.outcomes if "sees" in outcome.test]
    assert (outcome.status, outcome.message) == (Status.PASSED, "")
    [figure] = outcome.figures
    for part in ("device Simulated GPU", "driver 1.2.3", "CUDA 12.5", "tensorflow 2."):
        assert part in str(figure.value)


def test_the_outcomes_come_into_the_grade_that_waited(waiting: Grade, later: Grade) -> None:
    complete = merged(waiting, later)
    assert {item.id: item.score for item in complete.items} == {
        "standardise-values": 2.0, "average-values": 3.0, "q-constant": None, "more": None,
    }  # fmt: skip
    assert (complete.status, complete.score, complete.reason) == ("graded", 5.0, "")
    assert complete.gpu_environment == later.environment
    assert not is_open(complete)


def test_what_did_not_wait_stays_as_it_was_to_the_bit(waiting: Grade, later: Grade) -> None:
    complete = merged(waiting, later)
    changed = {"items", "score", "status", "reason", "gpu_environment"}
    assert complete.model_dump_json(exclude=changed) == waiting.model_dump_json(exclude=changed)
    for before, after in zip(waiting.items, complete.items, strict=True):
        if before.status != Status.DEFERRED:
            assert after.model_dump_json() == before.model_dump_json()
        for old, new in zip(before.outcomes, after.outcomes, strict=True):
            if old.status != Status.DEFERRED:
                assert new.model_dump_json() == old.model_dump_json()


def test_points_of_an_item_with_both_kinds_of_tests_are_its_weighted_mean(
    course: Course, secret: None
) -> None:
    wrong = "def standardise(x):\n    return (x - x.mean(axis=0)) / x.std(axis=0)"  # a constant column divides by 0
    hand_in = submission(course, standardise=wrong)
    complete = merged(grade(hand_in, course, WITHOUT), grade(hand_in, course, WITH))
    [item] = [item for item in complete.items if item.id == "standardise-values"]
    assert [outcome.score for outcome in item.outcomes] == [1.0, 0.0, 1.0, 1.0]
    assert item.score == pytest.approx(2.0 * (1 + 2 + 2) / 6, abs=0.005)


def test_a_grading_without_a_gpu_keeps_what_one_has_found_before(waiting: Grade, later: Grade) -> None:
    complete = merged(waiting, later)
    assert carried_over(waiting, complete) == complete
    assert carried_over(waiting, waiting) == waiting


def test_what_a_gpu_found_is_taken_for_the_same_tests_only(waiting: Grade, later: Grade) -> None:
    renamed = later.model_copy(
        update={
            "items": tuple(
                item.model_copy(
                    update={
                        "outcomes": tuple(o.model_copy(update={"test": o.test + "_x"}) for o in item.outcomes)
                    }
                )
                for item in later.items
            )
        }
    )
    assert merged(waiting, renamed).items == waiting.items
    assert merged(waiting, renamed).gpu_environment is None


def test_a_device_without_the_frameworks_libraries_is_told_before_anything_is_graded() -> None:
    with pytest.raises(NoGpuError, match=r"Simulated GPU, driver 1\.2\.3.*TensorFlow sees no GPU"):
        usable_gpus("tensorflow", "weak", found=lambda: (SIMULATED,))


def test_a_machine_without_a_gpu_is_told_so() -> None:
    with pytest.raises(NoGpuError, match="no GPU that can be used"):
        usable_gpus("tensorflow", "weak", found=lambda: ())


def test_a_measurement_that_the_machine_spoils_costs_nobody_points(mini_course: Course) -> None:
    spoiled = (
        "\n\n@pytest.mark.item('average-values')\n"
        "def test_speed(student):\n"
        "    '''Speed.'''\n"
        "    from autograder.checks.throughput import ThroughputError\n"
        "    raise ThroughputError('The reference was stopped in between.')\n"
    )
    with (mini_course.hidden_tests("mini") / "test_mini.py").open("a", encoding="utf-8") as tests:
        tests.write(spoiled)
    with pytest.raises(MeasurementError, match="The reference was stopped in between"):
        grade(submission(mini_course), mini_course, WITHOUT)


def test_the_gpu_is_kept_for_one_grading_at_a_time(course: Course, tmp_path: Path) -> None:
    """While a grading is open, its GPU is taken; afterwards it is free."""
    from autograder.grading.opening import open_context
    from autograder.sandbox import gpus

    handed_in = notebooks.read(course.source("mini"))
    release = notebooks.read(course.release("mini"))
    restored, _ = notebooks.restore(handed_in, release)
    with open_context(course, course.assignments["mini"], handed_in, release, restored, WITH) as context:
        assert context.gpu == SIMULATED
        with gpus._lock_file(SIMULATED, gpus.LOCKS) as descriptor:
            assert not gpus._locked(descriptor)
    with reserved_gpu([SIMULATED]) as gpu:
        assert gpu == SIMULATED


def test_environment_of_an_old_grade_is_still_read() -> None:
    assert Environment.model_validate({"device": "cpu"}).driver == ""
