"""Which GPUs of this machine a framework can compute on, asked inside a sandbox like those that will use them.

A driver without the framework's CUDA libraries, a device file without permission, or a wall of the sandbox that is in
the way would make the framework fall back to the CPU in silence, and a program's speed would be measured there.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Literal

from nbformat.v4 import new_notebook

from autograder.course import Limits
from autograder.grading.session import StudentSession
from autograder.remote.errors import StudentError
from autograder.sandbox import (
    Gpu,
    IsolationError,
    NoGpuError,
    SandboxError,
    SandboxSpec,
    WarmParent,
    found_gpus,
)

_LIMITS = Limits(notebook_s=300, cell_s=60, call_s=120, cpu_s=300)
_LARGEST_REPORT = 1000

# Both compute something on the GPU and leave a report: {"problem": sentence or "", library: version, ...}.
_QUESTIONS = {
    "tensorflow": """
import tensorflow as tf
GPU_REPORT = {"problem": ""}
if not tf.config.list_physical_devices("GPU"):
    cuda = "" if tf.test.is_built_with_cuda() else "; it is built without CUDA"
    GPU_REPORT["problem"] = "TensorFlow sees no GPU" + cuda
else:
    with tf.device("/GPU:0"):
        product = tf.matmul(tf.ones((64, 64)), tf.ones((64, 64)))
    if "GPU" not in product.device or float(tf.reduce_sum(product)) != 64.0 ** 3:
        GPU_REPORT["problem"] = "TensorFlow sees the GPU and does not compute on it"
    build = tf.sysconfig.get_build_info()
    GPU_REPORT["CUDA"], GPU_REPORT["cuDNN"] = str(build["cuda_version"]), str(build["cudnn_version"])
""",
    "torch": """
import torch
GPU_REPORT = {"problem": ""}
if not torch.cuda.is_available():
    cuda = "" if torch.version.cuda else "; it is built without CUDA"
    GPU_REPORT["problem"] = "PyTorch sees no GPU" + cuda
else:
    product = torch.ones(64, 64, device="cuda") @ torch.ones(64, 64, device="cuda")
    if float(product.sum()) != 64.0 ** 3:
        GPU_REPORT["problem"] = "PyTorch sees the GPU and does not compute on it"
    GPU_REPORT["CUDA"], GPU_REPORT["cuDNN"] = str(torch.version.cuda), str(torch.backends.cudnn.version())
""",
}
_PACKAGES = {
    "tensorflow": "TensorFlow finds CUDA's libraries where it was installed as `tensorflow[and-cuda]`",
    "torch": "the driver may be older than PyTorch's CUDA needs",
}


def usable_gpus(
    profile: Literal["tensorflow", "torch"],
    isolation: Literal["full", "weak"] = "full",
    *,
    found: Callable[[], tuple[Gpu, ...]] = found_gpus,
) -> tuple[Gpu, ...]:
    """The GPUs of this machine that the profile's framework computes on, with the versions of its GPU libraries.

    Takes some seconds for each. Raises NoGpuError where there is none, with what was found to be in the way.
    """
    gpus = present_gpus(found)
    with WarmParent(profile) as warm:
        reports = [(gpu, _report(gpu, warm, isolation)) for gpu in gpus]
    usable = tuple(
        dataclasses.replace(
            gpu, libraries=tuple(sorted((k, v) for k, v in report.items() if k != "problem" and v))
        )
        for gpu, report in reports
        if not report["problem"]
    )
    if not usable:
        gpu, report = reports[0]
        raise NoGpuError(
            f"This machine has a GPU ({gpu.name}, driver {gpu.driver or 'unknown'}), but in a sandbox "
            f"{report['problem']}; {_PACKAGES[profile]}."
        )
    return usable


@functools.cache
def gpus_of_this_machine(
    profile: Literal["tensorflow", "torch"], isolation: Literal["full", "weak"]
) -> tuple[Gpu, ...]:
    """The same, asked once in this process: for a grader that was not told which GPUs to use."""
    return usable_gpus(profile, isolation)


def present_gpus(found: Callable[[], tuple[Gpu, ...]] = found_gpus) -> tuple[Gpu, ...]:
    """The GPUs of this machine, whether or not a framework can use them. Raises NoGpuError where there is none."""
    gpus = found()
    if not gpus:
        raise NoGpuError(
            "This machine has no GPU that can be used: neither nvidia-smi nor /proc/driver/nvidia lists one that "
            "CUDA_VISIBLE_DEVICES leaves visible. Copy the course's folder and the term secret to a machine with an "
            "NVIDIA GPU and its driver, and run the same command there."
        )
    return gpus


def _report(gpu: Gpu, warm: WarmParent, isolation: Literal["full", "weak"]) -> Mapping[str, str]:
    spec = SandboxSpec(profile=warm.profile, limits=_LIMITS, gpu=gpu, isolation=isolation)  # type: ignore[arg-type]
    try:
        with StudentSession(new_notebook(), spec, _LIMITS, warm) as session:
            session.student.run(_QUESTIONS[warm.profile])
            report = session.student.get("GPU_REPORT")
    except IsolationError:
        raise
    except (SandboxError, StudentError) as failure:
        return {"problem": f"it could not be asked: {str(failure)[-_LARGEST_REPORT:]}"}
    return {str(key): str(value) for key, value in report.items()}
