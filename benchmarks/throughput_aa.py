"""How far the throughput instrument's ratio strays when a program is measured against itself.

    python benchmarks/throughput_aa.py [--runs 100] [--load] [--wall] [--sessions 10] [--framework torch] [--json FILE]
    python benchmarks/throughput_aa.py --gpu [...]

As in a grading, the program runs twice, in sandboxes of their own, and is asked over the wire: a training step of a
small network, single-threaded, on the CPU, timed by computing time (--wall: by the grader's clock), or with --gpu of a
larger one on a GPU, always by the grader's clock. With --load another process keeps a core busy in bursts. After every
tenth run (--sessions) the student's sandbox is replaced by a new one.
The instrument should stay within 0.93 to 1.07 in at least 98 of 100 runs; exit status 1 if not.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from typing import Literal

import numpy as np
from measuring import arguments, publish, table
from nbformat.v4 import new_code_cell, new_notebook

from autograder.checks.throughput import ThroughputError, compare
from autograder.course import Limits
from autograder.grading.gpu import usable_gpus
from autograder.grading.session import StudentSession
from autograder.grading.timing import by_cpu_time, on_one_core
from autograder.remote.client import Student
from autograder.sandbox import Gpu, SandboxSpec, WarmParent

LOW, HIGH = 0.93, 1.07
LIMITS = Limits(notebook_s=300, cell_s=60, call_s=60, cpu_s=36_000)

# On a GPU a small network's step is mostly the launching of kernels, which varies with the driver's process.
SIZES = {
    "cpu": "BATCH, INPUTS, HIDDEN, OUTPUTS = 32, 64, 128, 10",
    "gpu": "BATCH, INPUTS, HIDDEN, OUTPUTS = 2048, 2048, 4096, 512",
}
PROGRAMS = {
    "tensorflow": """
import tensorflow as tf
w = tf.Variable(tf.random.stateless_normal((INPUTS, HIDDEN), (1, 2)) * 0.1)
v = tf.Variable(tf.random.stateless_normal((HIDDEN, OUTPUTS), (3, 4)) * 0.1)
x = tf.random.stateless_normal((BATCH, INPUTS), (5, 6))
y = tf.random.stateless_normal((BATCH, OUTPUTS), (7, 8))

@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.tanh(x @ w) @ v - y) ** 2)
    for variable, gradient in zip((w, v), tape.gradient(loss, (w, v))):
        variable.assign_sub(0.01 * gradient)
    return loss

def train_steps(count):
    for _ in range(count):
        loss = step()
    return float(loss)
""",
    "torch": """
import torch
torch.manual_seed(0)
torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
w = (torch.randn(INPUTS, HIDDEN) * 0.1).requires_grad_()
v = (torch.randn(HIDDEN, OUTPUTS) * 0.1).requires_grad_()
x, y = torch.randn(BATCH, INPUTS), torch.randn(BATCH, OUTPUTS)

def train_steps(count):
    for _ in range(count):
        loss = ((torch.tanh(x @ w) @ v - y) ** 2).mean()
        gradients = torch.autograd.grad(loss, (w, v))
        with torch.no_grad():
            for variable, gradient in zip((w, v), gradients):
                variable -= 0.01 * gradient
    return float(loss)
""",
}


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--load", action="store_true", help="keep another core busy in bursts")
    parser.add_argument("--sessions", type=int, default=10, help="runs in one sandbox of the student")
    parser.add_argument("--framework", choices=tuple(PROGRAMS), default="tensorflow")
    parser.add_argument("--wall", action="store_true", help="time what passes instead of computing time")
    parser.add_argument("--gpu", action="store_true", help="measure on this machine's first GPU")
    options = parser.parse_args()
    wall = options.wall or options.gpu
    gpu = usable_gpus(options.framework)[0] if options.gpu else None
    burner = multiprocessing.Process(target=burn, daemon=True)
    if options.load:
        burner.start()
    started = time.monotonic()
    ratios, pairs, spoiled = measured(options.framework, options.runs, options.sessions, wall, gpu)
    seconds = (time.monotonic() - started) / options.runs
    if options.load:
        burner.terminate()
    inside = int(((ratios >= LOW) & (ratios <= HIGH)).sum())
    quantiles = np.quantile(ratios, [0.01, 0.5, 0.99])
    load = "loaded" if options.load else "quiet"
    where = gpu.name if gpu else "CPU"
    title = f"{options.framework}, {where}, {load}: the ratio in {options.runs} runs of {seconds:.1f} s"
    columns = ("", "1 %", "50 %", "99 %", f"within {LOW} to {HIGH}", "not measured", "pairs")
    row = ["", *map(float, quantiles), f"{inside} of {options.runs}", spoiled, float(np.mean(pairs))]
    print(table(title, columns, [row]))
    document = {
        "framework": options.framework,
        "loaded": options.load,
        "clock": "wall" if wall else "cpu",
        "gpu": {"name": gpu.name, "driver": gpu.driver, "libraries": dict(gpu.libraries)} if gpu else None,
        "ratios": ratios.tolist(),
        "pairs": pairs,
        "not_measured": spoiled,
        "seconds_a_run": seconds,
        "inside": inside,
        "limits": [LOW, HIGH],
    }
    publish("throughput_aa", document, options.json)
    return 0 if inside >= 0.98 * options.runs else 1


def measured(
    framework: Literal["tensorflow", "torch"], runs: int, in_one_sandbox: int, wall: bool, gpu: Gpu | None
) -> tuple[np.ndarray, list[int], int]:
    """The ratios of the runs, their numbers of pairs, and how many runs the machine spoiled."""
    sizes = SIZES["gpu" if gpu else "cpu"]
    notebook = new_notebook(cells=[new_code_cell(sizes), new_code_cell(PROGRAMS[framework])])
    spec = SandboxSpec(profile=framework, limits=LIMITS, isolation="weak", gpu=gpu)
    ratios, pairs, failed = [], [], 0
    with WarmParent(framework) as warm, StudentSession(notebook, spec, LIMITS, warm) as reference:
        while len(ratios) + failed < runs:
            with StudentSession(notebook, spec, LIMITS, warm) as student:
                for _ in range(min(in_one_sandbox, runs - len(ratios) - failed)):
                    try:
                        result = against(student.student, reference.student, wall)
                    except ThroughputError as error:
                        print(error, file=sys.stderr)
                        failed += 1
                        continue
                    ratios.append(result[0])
                    pairs.append(result[1])
                    print(f"{len(ratios)}: {result[0]:.3f}, {result[1]} pairs", file=sys.stderr, flush=True)
    return np.array(ratios), pairs, failed


def against(student: Student, reference: Student, wall: bool) -> tuple[float, int]:
    mine, theirs = student.train_steps, reference.train_steps
    if wall:
        found = compare(mine, theirs, 0.5)
    else:
        with on_one_core(student, reference):
            found = compare(by_cpu_time(student, mine), by_cpu_time(reference, theirs), 0.5)
    return found.ratio, len(found.pairs)


def burn() -> None:
    rng = np.random.default_rng(0)
    while True:
        until = time.perf_counter() + rng.uniform(0.005, 0.08)
        while time.perf_counter() < until:
            sum(range(500))
        time.sleep(rng.uniform(0.005, 0.08))


if __name__ == "__main__":
    sys.exit(main())
