"""Measures what correct and wrong solutions of assignment 1 reach, and where the thresholds may lie.

    python benchmarks/calibrate_ass1.py                       # print the distributions of the runs that are on file
    python benchmarks/calibrate_ass1.py --seeds 20 --run      # make the runs that are missing, then print
    python benchmarks/calibrate_ass1.py --write               # keep the thresholds in tests/hidden/ass1

The solution and every variant in the tree that changes what is learned are trained with the same seeds: on the unseen
task, on the embedded digits and, where AUTOGRADER_DATA names a folder with MNIST, on that. Each run draws its own data
and disguise, as each term does. A wrong solution that stays far below in five runs gets no more. Runs are kept in
benchmarks/ass1_runs.jsonl, so that an interrupted calibration goes on where it stopped; delete the lines of a solution
that has changed. Student code is the project's own here, and runs in this process, without a sandbox.

Thresholds: normal tolerance bounds (content .99, confidence .95), see autograder/checks/calibration.py.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import linecache
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = ROOT / "tests" / "hidden" / "ass1"
RUNS = Path(__file__).with_name("ass1_runs.jsonl")
sys.path[:0] = [str(ROOT), str(HIDDEN)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import ass1_tasks as tasks  # noqa: E402
import numpy as np  # noqa: E402

from autograder import notebooks  # noqa: E402
from autograder.checks.calibration import Calibration, calibrate  # noqa: E402
from autograder.data import load  # noqa: E402
from autograder.grading.variants import read_variants  # noqa: E402

LEARNING = {
    "init_params",
    "train",
    "predict",
}  # a correct variant that changes none of these learns as the solution does
SAME_NUMBERS = {"unusual_train_eager"}  # the solution's arithmetic, only slower
TEST_SIZE = {"patch-xor": 4000, "digits": 10_000, "digits, embedded": 4000}
ITEM = {"patch-xor": "mlp-unseen-task", "digits": "mlp-accuracy", "digits, embedded": "mlp-accuracy"}
ENOUGH, FAR_OFF = 5, 0.65  # runs of a wrong solution that never gets there
WANTED = {"patch-xor": 0.90, "digits": 0.94}  # kept where admissible; elsewhere the middle of what is


@dataclass(frozen=True)
class Solution:
    """A solution to be trained: its cells, and for each check whether it should pass, fail, or is not asked."""

    name: str
    cells: tuple[str, ...]
    loses: frozenset[str]
    undecided: frozenset[str]

    def functions(self) -> dict[str, Any]:
        """The names that its cells define."""
        namespace: dict[str, Any] = {}
        for number, cell in enumerate(self.cells):
            file = f"<{self.name}, cell {number}>"
            linecache.cache[file] = (
                len(cell),
                None,
                cell.splitlines(keepends=True),
                file,
            )  # tf.function reads it
            exec(compile(cell, file, "exec"), namespace)
        return namespace

    def kind(self, check: str) -> str | None:
        """ "correct", "wrong", or None if the check says nothing about it."""
        item = ITEM[check]
        if item in self.loses:
            return "wrong"
        return None if item in self.undecided or self.loses else "correct"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--run", action="store_true", help="make the runs that are missing")
    parser.add_argument("--checks", nargs="*", default=list(ITEM), choices=list(ITEM))
    parser.add_argument("--write", action="store_true", help="keep the thresholds")
    options = parser.parse_args()
    solutions = list(_solutions())
    if options.run:
        _run_missing(solutions, options.checks, options.seeds)
    table = {check: _summary(check, solutions, options.seeds) for check in options.checks}
    if options.write:
        kept = HIDDEN / "ass1_thresholds.json"
        old = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        new = old | {check: entry for check, entry in table.items() if entry is not None}
        kept.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")


def _solutions() -> Iterator[Solution]:
    source = notebooks.read(ROOT / "source" / "ass1" / "ass1.ipynb")
    yield Solution("solution", _cells(source), frozenset(), frozenset())
    for variant in read_variants(HIDDEN / "variants"):
        learns = bool(LEARNING & set(variant.replaced)) and variant.name not in SAME_NUMBERS
        judged = set(ITEM.values()) & variant.loses
        if (not variant.loses and learns) or judged:
            yield Solution(variant.name, _cells(variant.apply(source)), variant.loses, variant.may_lose)


def _cells(notebook: Any) -> tuple[str, ...]:
    """The code that a grading runs, without public checks."""
    checks = {cell.index for cell in notebooks.grade_cells(notebook)}
    return tuple(
        cell.source
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and index not in checks
        and "experiment" not in cell.metadata.get("tags", [])
    )


def _run_missing(solutions: list[Solution], checks: list[str], seeds: int) -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    done = {(run["check"], run["solution"], run["seed"]): run["accuracy"] for run in _runs()}
    for seed in range(seeds):
        for check in checks:
            missing = [
                s
                for s in solutions
                if s.kind(check) and (check, s.name, seed) not in done and not _far_off(check, s, done)
            ]
            task = _task(check, seed) if missing else None
            for solution in missing if task is not None else ():
                done[check, solution.name, seed] = _record(check, solution, seed, *task)


def _far_off(check: str, solution: Solution, done: dict[tuple[str, str, int], float]) -> bool:
    """Whether a wrong solution has had enough runs to see that it comes nowhere near a threshold."""
    found = [accuracy for (made, name, _), accuracy in done.items() if (made, name) == (check, solution.name)]
    return solution.kind(check) == "wrong" and len(found) >= ENOUGH and max(found) < FAR_OFF


def _task(check: str, seed: int) -> tuple[Any, tasks.Training] | None:
    rng = np.random.default_rng([seed, 20260])
    if check == "patch-xor":
        return tasks.xor(rng), tasks.XOR
    real = os.environ.get("AUTOGRADER_DATA")
    if check == "digits":
        return tasks.digits(load("mnist"), rng) if real else None
    with _environment(AUTOGRADER_DATA=None, AUTOGRADER_OFFLINE="1", KERAS_HOME="/nonexistent"):
        return tasks.digits(load("mnist"), rng)


def _record(check: str, solution: Solution, seed: int, task: Any, how: tasks.Training) -> float:
    """Train once as the hidden test does, append what came of it to the file; the accuracy."""
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        accuracy, problem = _accuracy(solution.functions, task, how, 1_000 + seed)
    run = {"check": check, "solution": solution.name, "seed": seed, "accuracy": accuracy, "problem": problem}
    run["seconds"] = round(time.perf_counter() - begin, 2)
    with RUNS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(run) + "\n")
    print(f"{check:18} seed {seed:2} {solution.name:38} {accuracy:.4f} {problem}", flush=True)
    return accuracy


def _accuracy(
    functions: Callable[[], dict[str, Any]], task: Any, how: tasks.Training, seed: int
) -> tuple[float, str]:
    """Accuracy on the judged images; 0 and the reason where there is none."""
    import tensorflow as tf

    x_train, x_test = (tf.constant(x / np.float32(255)) for x in (task.x_train, task.x_test))
    try:
        mine = functions()
        params = mine["train"](
            x_train, tf.constant(task.y_train), how.n_hidden, how.epochs, how.batch_size, seed
        )
        guess = np.asarray(mine["predict"](params, x_test))
    except Exception as error:  # noqa: BLE001 (wrong variants may raise anything, and that is a result)
        return 0.0, type(error).__name__
    if guess.shape != task.y_test.shape or guess.dtype.kind not in "iu":
        return 0.0, f"gives {guess.dtype} {guess.shape}"
    return round(float((guess == task.y_test).mean()), 6), ""


def _summary(check: str, solutions: list[Solution], seeds: int) -> dict[str, Any] | None:
    """Prints the distributions of one check; its entry in the table of thresholds, None without runs."""
    accuracies: dict[str, list[float]] = {}
    for run in _runs():
        if run["check"] == check and run["seed"] < seeds:
            accuracies.setdefault(run["solution"], []).append(run["accuracy"])
    kinds = {s.name: s.kind(check) for s in solutions}
    groups = {
        kind: {name: runs for name, runs in accuracies.items() if kinds.get(name) == kind and len(runs) >= 3}
        for kind in ("correct", "wrong")
    }
    if not groups["correct"]:
        print(f"{check}: no runs on file")
        return None
    found = calibrate(groups["correct"], groups["wrong"], test_size=TEST_SIZE[check])
    at = _choice(check, found)
    print(f"\n{check}\n{found.table(at)}")
    return {
        "threshold": at,
        "spread": round(max(v.sd for v in found.variants if v.correct), 5),
        "admissible": [round(found.floor, 4), round(found.threshold, 4)],
        "false_fail": [float(f"{found.false_fail(at, runs):.2g}") for runs in (1, 3)],
        "false_pass": [float(f"{found.false_pass(at, runs):.2g}") for runs in (1, 3)],
        "solutions": found.solutions(),
    }


def _choice(check: str, found: Calibration) -> float:
    wanted = WANTED.get(check)
    if wanted is not None and found.floor < wanted <= found.threshold:
        return wanted
    return round((max(found.floor, 0.0) + found.threshold) / 2, 3)


def _runs() -> list[dict[str, Any]]:
    return (
        [json.loads(line) for line in RUNS.read_text(encoding="utf-8").splitlines()] if RUNS.exists() else []
    )


@contextlib.contextmanager
def _environment(**values: str | None) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


if __name__ == "__main__":
    main()
