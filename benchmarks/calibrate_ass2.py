"""Measure how accurate the repaired scripts of assignment 2 become, and put the thresholds where they belong.

    AUTOGRADER_DATA=... python benchmarks/calibrate_ass2.py [--seeds 20] [--only mnist|embedded] [--write]

Trains the solution's repairs, unusual ones and wrong ones with `--seeds` seeds each, as the hidden tests do, each run
on digits turned and named anew. Prints a table of accuracies with one-sided tolerance bounds, and the threshold with
its error rates; --write puts it into tests/hidden/ass2/ass2_thresholds.json, with the curves of healthy and ill
scripts.
The threshold is the highest that all correct repairs reach. Wrong repairs whose accuracy is not what gives them
away are left out: networks without an activation lie above some correct ones, and are told by their hidden units. One
run takes about three seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
HIDDEN = ROOT / "tests" / "hidden" / "ass2"
sys.path[:0] = [str(ROOT), str(HIDDEN)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from ass2_digits import DigitTask, digit_task  # noqa: E402
from ass2_indicators import State, indicator  # noqa: E402
from ass2_thresholds import FILE, SEEN  # noqa: E402

from autograder import notebooks  # noqa: E402
from autograder.checks.calibration import calibrate  # noqa: E402
from autograder.course import Course  # noqa: E402
from autograder.data import Dataset, embedded, load  # noqa: E402
from autograder.grading.variants import read_variant  # noqa: E402

Fix = Callable[..., Any]
CORRECT = (  # of a variant's repairs, one that stands for the others
    ("solution", 2),
    ("solution", 5),
    ("unusual_fix_2_leaky", 2),
    ("unusual_fix_5_batch_norm", 5),
    ("unusual_fix_all_tanh_centred", 5),
    ("unusual_fix_all_sigmoid", 1),
)
WRONG = (
    ("wrong_fix_all_as_found", 4),
    ("wrong_fix_all_as_found", 5),
)
SHORT = 1 / 3  # of the training, after which what is hopeless is told apart


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--only", choices=("mnist", "embedded"))
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    _one_thread()
    course = Course.find(ROOT)
    mnist = load("mnist", course)
    for small in (False, True):
        if given.only == ("mnist" if small else "embedded") or (mnist.embedded and not small):
            continue
        name = "embedded digits" if small else "MNIST"
        data = mnist if mnist.embedded == small else _embedded()
        print(f"\n{name}")
        found = _calibrated(data, given.seeds)
        if given.write:
            table = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
            table[name] = found
            FILE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def _calibrated(data: Dataset, seeds: int) -> dict[str, Any]:
    runs: dict[tuple[str, int], list[float]] = {}
    short: dict[bool, list[float]] = {True: [], False: []}
    for correct, chosen in ((True, CORRECT), (False, WRONG)):
        for name, script in chosen:
            fix = _fix(name, script)
            runs[name, script] = []
            for seed in range(seeds):
                task = digit_task(data, np.random.default_rng([seed, script]))
                state, _ = _trained(fix, task, seed, task.epochs)
                runs[name, script].append(state.accuracy)
                if seed < 3:
                    early, _ = _trained(fix, task, seed, round(task.epochs * SHORT))
                    short[correct].append(early.accuracy)
            print(f"  {name} {script}: {np.mean(runs[name, script]):.4f}", file=sys.stderr, flush=True)
    good = {f"{name} {k}": found for (name, k), found in runs.items() if (name, k) in CORRECT}
    bad = {f"{name} {k}": found for (name, k), found in runs.items() if (name, k) in WRONG}
    found = calibrate(good, bad)
    highest = math.floor(found.threshold * 1000) / 1000
    print(found.table(highest))
    print(
        f"After a third of the training: correct from {min(short[True]):.3f}, wrong up to {max(short[False]):.3f}."
    )
    spread = max(variant.sd for variant in found.variants if variant.correct)
    hopeless = round(min(short[True]) - 0.03, 3)
    return {
        "accuracy": {
            "threshold": highest,
            "spread": round(spread, 4),
            "hopeless": hopeless,
            "false_fail": [float(f"{found.false_fail(highest, runs):.2g}") for runs in (1, 3)],
            "solutions": found.solutions(),
        },
        "curves": {str(k): _curves(data, k) for k in range(1, 6)},
    }


def _curves(data: Dataset, script: int) -> dict[str, list[float | str]]:
    """The indicator at the points SEEN: median over three seeds."""
    kinds = {"healthy": _fix("solution", script), "ill": _fix("wrong_fix_all_as_found", script)}
    found: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
    for seed in range(3):
        task = digit_task(data, np.random.default_rng([seed, 99]))
        for kind, fix in kinds.items():
            _, start = _trained(fix, task, seed, 0)
            found[kind].append([indicator(script, _at(fix, task, seed, share), start) for share in SEEN])
    return {
        kind: [float(f"{v:.4g}") if np.isfinite(v) else str(v) for v in np.median(values, axis=0)]
        for kind, values in found.items()
    }


def _at(fix: Fix, task: DigitTask, seed: int, share: float) -> State:
    """The network after a share of the whole training."""
    images = round(share * task.seen)
    n, epochs = (
        (images, 1) if 0 < images < len(task.x_train) else (len(task.x_train), images // len(task.x_train))
    )
    part = DigitTask(task.x_train[:n], task.y_train[:n], task.x_test, task.y_test, epochs)
    return _trained(fix, part, seed, epochs)[0]


def _trained(fix: Fix, task: DigitTask, seed: int, epochs: int) -> tuple[State, list[Any]]:
    weights, hidden, predict = fix(task.x_train, task.y_train, seed, epochs)
    x = task.x_test
    return State(weights, np.asarray(hidden(x)), np.asarray(predict(x)), task.y_test), weights


def _fix(name: str, script: int) -> Fix:
    """`fix_<script>` of the solution or of a variant, made in this process."""
    notebook = notebooks.read(Course.find(ROOT).source("ass2"))
    if name != "solution":
        notebook = read_variant(HIDDEN / "variants" / f"{name}.py").apply(notebook)
    wanted = {"imports", "shared", f"script_{script}", f"fix_{script}"}
    namespace: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in wanted:
            exec(compile(cell.source, cell.id, "exec"), namespace)
    fix: Fix = namespace[f"fix_{script}"]
    return fix


def _embedded() -> Dataset:
    halves = embedded.make("mnist")
    return Dataset("mnist", halves.x_train, halves.y_train, halves.x_test, halves.y_test, "embedded")


def _one_thread() -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


if __name__ == "__main__":
    main()
