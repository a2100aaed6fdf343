"""A speed that is measured on a GPU, from the hidden test to the completed grade, with TensorFlow and with PyTorch.

The GPU is simulated: both programs run on the CPU. The measurement, its two sandboxes and what becomes of it are real.
"""

from __future__ import annotations

import importlib.util

import nbformat
import pytest
from framework_course import Framework, course_with

from autograder import notebooks
from autograder.course import Course
from autograder.grading.deferred import merged
from autograder.grading.engine import grade
from autograder.grading.gpu import usable_gpus
from autograder.grading.grade import Grade, Status
from autograder.grading.settings import GradingSettings
from autograder.intake import Submission
from autograder.sandbox import Gpu, NoGpuError

SIMULATED = Gpu("GPU-simulated-speed", "Simulated GPU", "1.2.3", libraries=(("CUDA", "12.5"), ("cuDNN", "9")))
WITHOUT = GradingSettings(isolation="weak")
WITH = GradingSettings(isolation="weak", device="gpu", gpus=(SIMULATED,))

PROGRAMS = {
    "tensorflow": """
import tensorflow as tf

weights = tf.Variable(tf.eye(64))

@tf.function
def step(x):
    weights.assign(tf.tanh(weights @ x))
    return tf.reduce_sum(weights)

def train_steps(x, count):
    return [float(step(x)) for _ in range(count)]
""",
    "torch": """
import torch

weights = torch.eye(64)

def train_steps(x, count):
    global weights
    sums = []
    for _ in range(count):
        weights = torch.tanh(weights @ x)
        sums.append(float(weights.sum()))
    return sums
""",
}
SPEED_TEST = '''

@pytest.mark.gpu
@pytest.mark.item("average-values")
def test_speed(student, reference, rng, environment, measure, end_student):
    """Steps a second, in units of the reference's."""
    from autograder.checks.throughput import compare

    x = rng.normal(size=(64, 64)).astype("float32")
    def problem(sums, count):
        return "" if len(sums) == count else f"{count} sums should come back."
    with student.arrays_as("tensor"), reference.arrays_as("tensor"):
        result = compare(
            lambda count: student.train_steps(x, count), lambda count: reference.train_steps(x, count), 0.05,
            verify=problem, items_per_step=64, environment=environment, end_student=end_student,
        )
    measure.throughput(result)
    expect(result.ok, result.sentence)
'''


def speed_course(framework: Framework, course: Course) -> Course:
    """The mini course with a program of the framework in its solution, and a test of its speed."""
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    return course_with(framework, course, PROGRAMS[framework], SPEED_TEST)


def hand_in(course: Course, **replaced: str) -> Submission:
    notebook = notebooks.replace_solutions(notebooks.read(course.source("mini")), replaced)
    return Submission(assignment="mini", student="ada", notebook=nbformat.writes(notebook))


def speed(result: Grade) -> dict[str, object]:
    [outcome] = [o for item in result.items for o in item.outcomes if o.test == "test_speed"]
    return {"status": outcome.status, **{figure.name: figure for figure in outcome.figures}}


@pytest.mark.parametrize("framework", ["tensorflow", "torch"])
def test_speed_is_open_without_a_gpu_and_measured_with_one(framework: Framework, mini_course: Course) -> None:
    course = speed_course(framework, mini_course)
    waiting = grade(hand_in(course), course, WITHOUT)
    assert (waiting.status, waiting.score) == ("incomplete", 2.0)
    complete = merged(waiting, grade(hand_in(course), course, WITH))
    assert (complete.status, complete.score) == ("graded", 5.0)
    found = speed(complete)
    ratio, where = found["Speed in units of the reference"], str(found["Measured on"])
    assert ratio.low <= ratio.value <= ratio.high  # type: ignore[attr-defined]
    assert ratio.threshold == 0.05  # type: ignore[attr-defined]
    for part in ("Simulated GPU", "driver 1.2.3", "CUDA 12.5", "cuDNN 9", framework):
        assert part in where


def test_wrong_answers_are_not_measured(mini_course: Course) -> None:
    course = speed_course("torch", mini_course)
    wrong = "def moving_average(x, width):\n    return x\n\ndef train_steps(x, count):\n    return [0.0]"
    result = speed(grade(hand_in(course, moving_average=wrong), course, WITH))
    assert result["status"] == Status.FAILED
    assert "Speed in units of the reference" not in result


def test_pytorch_without_a_gpu_says_so(mini_course: Course) -> None:
    speed_course("torch", mini_course)
    with pytest.raises(NoGpuError, match="PyTorch sees no GPU"):
        usable_gpus("torch", "weak", found=lambda: (SIMULATED,))
