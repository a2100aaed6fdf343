"""Gradings on a real GPU, from the open points to the completed grade. Skipped where a framework finds none."""

from __future__ import annotations

import functools
import importlib.util
import json
from typing import Any

import nbformat
import pytest
from framework_course import Framework, course_with, with_more
from nbformat.v4 import new_code_cell, new_notebook
from sandboxing import limits
from typer.testing import CliRunner

from autograder import notebooks
from autograder.cli import app as application
from autograder.course import Course
from autograder.grading.gpu import usable_gpus
from autograder.grading.session import StudentSession
from autograder.running.store import GradeStore
from autograder.sandbox import Gpu, NoGpuError, SandboxSpec, WarmParent

# A training of a small network, its weights drawn by NumPy: the same losses from every right program.
PROGRAMS = {
    "tensorflow": """
import tensorflow as tf
DEVICE = "/GPU:0" if tf.config.list_physical_devices("GPU") else "/CPU:0"

@tf.function
def train_step(w, v, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.tanh(x @ w) @ v - y) ** 2)
    for variable, gradient in zip((w, v), tape.gradient(loss, (w, v))):
        variable.assign_sub(0.1 * gradient)
    return loss

def train_steps(w, v, x, y, count):
    with tf.device(DEVICE):
        w, v = tf.Variable(w), tf.Variable(v)
        return [float(loss) for loss in [train_step(w, v, x, y) for _ in range(count)]]
""",
    "torch": """
import torch
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

def train_step(w, v, x, y):
    loss = ((torch.tanh(x @ w) @ v - y) ** 2).mean()
    gradients = torch.autograd.grad(loss, (w, v))
    with torch.no_grad():
        for variable, gradient in zip((w, v), gradients):
            variable -= 0.1 * gradient
    return loss.detach()

def train_steps(w, v, x, y, count):
    w, v = (torch.as_tensor(a, device=DEVICE).requires_grad_() for a in (w, v))
    x, y = torch.as_tensor(x, device=DEVICE), torch.as_tensor(y, device=DEVICE)
    return torch.stack([train_step(w, v, x, y) for _ in range(count)]).tolist()
""",
}
ON_THE_CPU = "\nDEVICE = {'tensorflow': '/CPU:0', 'torch': 'cpu'}['FRAMEWORK']\n"
NOTHING_DONE = "\ndef train_steps(w, v, x, y, count):\n    return [1.0] * count\n"
SPEED_TEST = '''

@pytest.mark.gpu
@pytest.mark.item("average-values")
def test_speed(student, reference, rng, environment, measure, end_student):
    """Training steps a second, in units of the reference's."""
    from autograder.checks.throughput import compare

    w, v = 0.05 * rng.normal(size=(512, 1024)), 0.05 * rng.normal(size=(1024, 64))
    x, y = rng.normal(size=(1024, 512)), rng.normal(size=(1024, 64))
    task = [a.astype("float32") for a in (w, v, x, y)]
    expected = reference.train_steps(*task, 3)

    def problem(losses, count):
        right = len(losses) == count and np.allclose(losses[:3], expected[:count], rtol=1e-3)
        return "" if right else "The losses are not those of the training."

    result = compare(
        lambda count: student.train_steps(*task, count), lambda count: reference.train_steps(*task, count), 0.7,
        verify=problem, items_per_step=1024, environment=environment, end_student=end_student,
    )
    measure.throughput(result)
    expect(result.ok, result.sentence)
'''


@functools.cache
def gpus(framework: Framework) -> tuple[Gpu, ...] | str:
    if importlib.util.find_spec(framework) is None:
        return f"{framework} is not installed"
    try:
        return usable_gpus(framework)
    except NoGpuError as reason:
        return str(reason)


@pytest.fixture(params=["tensorflow", "torch"])
def framework(request: pytest.FixtureRequest) -> Framework:
    found = gpus(request.param)
    if isinstance(found, str):
        pytest.skip(found)
    return request.param  # type: ignore[no-any-return]


def test_the_gpu_is_named_with_its_driver_and_libraries(framework: Framework) -> None:
    gpu = gpus(framework)[0]
    assert isinstance(gpu, Gpu)
    assert gpu.name
    assert gpu.driver
    assert dict(gpu.libraries)["CUDA"]


def test_a_session_that_was_given_no_gpu_finds_none(framework: Framework) -> None:
    looks = f"""
import glob, {framework}
DEVICES = glob.glob("/dev/nvidia*") + glob.glob("/dev/dri/*")
SEEN = {"torch.cuda.is_available()" if framework == "torch" else "tensorflow.config.list_physical_devices('GPU')"}
"""
    spec = SandboxSpec(profile=framework, limits=limits())
    notebook = new_notebook(cells=[new_code_cell(looks)])
    with WarmParent(framework) as warm, StudentSession(notebook, spec, limits(), warm) as session:
        assert list(session.student.get("DEVICES")) == []
        assert not session.student.get("SEEN")


def test_open_points_are_completed_on_the_gpu(
    framework: Framework, mini_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_SECRET", "a secret for these tests")
    course = course_with(framework, mini_course, PROGRAMS[framework], SPEED_TEST)
    hand_in(course, "ada")
    hand_in(course, "bob", ON_THE_CPU.replace("FRAMEWORK", framework))
    hand_in(course, "cem", NOTHING_DONE)

    without = autograde(course, "--device", "cpu")
    assert {name: (entry["status"], entry["score"]) for name, entry in without.items()} == dict.fromkeys(
        ("ada", "bob", "cem"), ("incomplete", 2.0)
    )
    completed = autograde(course, "--deferred")
    assert {name: (entry["how"], entry["status"], entry["score"]) for name, entry in completed.items()} == {
        "ada": ("completed", "graded", 5.0),
        "bob": ("completed", "graded", 4.25),
        "cem": ("completed", "graded", 4.25),
    }
    ratio, where = speed(course, "ada")
    assert 0.7 < ratio < 1.4  # the reference's own program
    assert speed(course, "bob")[0] < 0.5
    gpu = gpus(framework)[0]
    assert isinstance(gpu, Gpu)
    assert gpu.name in where
    page = (course.reports / "mini" / "ada" / "index.html").read_text(encoding="utf-8")
    assert gpu.name in page
    assert "on a GPU" not in page


def hand_in(course: Course, student: str, changed: str = "") -> None:
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True)
    nbformat.write(with_more(notebooks.read(course.source("mini")), changed), folder / "mini.ipynb")


def autograde(course: Course, *arguments: str) -> dict[str, Any]:
    given = ["autograde", "mini", "--course", str(course.root), "--json", *arguments]
    result = CliRunner().invoke(application.app, given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return {entry["student"]: entry for entry in json.loads(result.stdout)["results"]}


def speed(course: Course, student: str) -> tuple[float, str]:
    """The ratio that was measured, and on what."""
    kept = GradeStore(course, "mini").read(student)
    assert kept is not None
    [outcome] = [o for item in kept.grade.items for o in item.outcomes if o.test == "test_speed"]
    figures: dict[str, Any] = {figure.name: figure for figure in outcome.figures}
    return figures["Speed in units of the reference"].value, str(figures["Measured on"])
