"""Measure the threshold of the learning check of assignment 4: correct and wrong networks over many seeds.

    python benchmarks/calibrate_ass4.py [--seeds 20] [--variants TEXT ...] [--write]

Runs the solution and the variants that change the network (those whose file names contain one of the texts) in this
process, as plain Python, each with `--seeds` seeds on pictures drawn anew, and trains them as the hidden check does.
Accuracies are kept in benchmarks/ass4_accuracies.json, so that a run that was interrupted goes on where it was.
Prints the table, and with `--write` puts threshold and spread into tests/hidden/ass4/ass4_thresholds.json. Only the
project's own files are run, so there is no sandbox.
"""

from __future__ import annotations

import argparse
import json
import linecache
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from autograder import notebooks
from autograder.checks.calibration import calibrate
from autograder.grading.variants import Variant, read_variants

ROOT = Path(__file__).parents[1]
HIDDEN = ROOT / "tests" / "hidden" / "ass4"
ACCURACIES = ROOT / "benchmarks" / "ass4_accuracies.json"
sys.path.insert(0, str(HIDDEN))

import ass4_textures  # noqa: E402
import ass4_thresholds  # noqa: E402
import ass4_training  # noqa: E402

# Networks that the check must tell apart, and correct ones; the rest of wrong_net guesses or fails by its form.
NETWORKS = (
    "unusual_net",
    "unusual_block_relu_in_front",
    "unusual_block_list_of_features",
    "wrong_net_frozen",
    "wrong_net_linear",
    "wrong_net_one_by_one",
    "wrong_net_averages_first",
)
ROUND = 0.01  # thresholds are rounded down to whole percents
FRACTION = 0.5  # how far from the floor towards the highest admissible threshold the threshold is put


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--variants", nargs="*", default=NETWORKS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    correct = {"solution": _accuracies(None, options.seeds)}
    wrong: dict[str, list[float]] = {}
    for variant in read_variants(HIDDEN / "variants"):
        if any(text in variant.name for text in options.variants):
            group = wrong if "densenet-learns" in variant.loses | variant.may_lose else correct
            group[variant.name] = _accuracies(variant, options.seeds)
    result = calibrate(correct, wrong, test_size=ass4_textures.TEST)
    if not result.ok:
        print(result.table())
        raise SystemExit(1)
    floor = max(result.floor, 1 / ass4_textures.CLASSES)  # guessing
    threshold = np.floor((floor + FRACTION * (result.threshold - floor)) / ROUND) * ROUND
    print(result.table(threshold))
    if options.write:
        spread = max(v.sd for v in result.variants if v.correct)
        entry = {"threshold": round(float(threshold), 4), "spread": round(spread, 4), "seeds": options.seeds}
        ass4_thresholds.FILE.write_text(json.dumps({"textures": entry}, indent=1) + "\n", encoding="utf-8")


def _accuracies(variant: Variant | None, seeds: int) -> list[float]:
    name = "solution" if variant is None else variant.name
    known = json.loads(ACCURACIES.read_text(encoding="utf-8")) if ACCURACIES.is_file() else {}
    found: list[float] = known.get(name, [])[:seeds]
    for seed in range(len(found), seeds):
        found.append(round(_accuracy(variant, seed), 4))
        ACCURACIES.write_text(json.dumps({**known, name: found}) + "\n", encoding="utf-8")
    print(f"{name}: {' '.join(f'{a:.3f}' for a in found)}", file=sys.stderr, flush=True)
    return found


def _accuracy(variant: Variant | None, seed: int) -> float:
    rng = np.random.default_rng([seed, 4])
    task = ass4_textures.pictures(rng)
    names = _functions(variant)
    tensor = names["tf"].constant
    tf.keras.backend.clear_session()
    shape, sizes = (
        task.x_train.shape[1:],
        (ass4_training.BLOCKS, ass4_training.LAYERS, ass4_training.GROWTH),
    )
    net = names["build_densenet"](shape, ass4_textures.CLASSES, *sizes, seed)
    order = ass4_training.order(rng, len(task.x_train))
    names["_given_training"](
        net, tensor(task.x_train), tensor(task.y_train), tensor(order), ass4_training.RATE
    )
    parts = [np.asarray(net(tensor(task.x_test[i : i + 500]))) for i in range(0, len(task.x_test), 500)]
    return float((np.concatenate(parts).argmax(axis=1) == task.y_test).mean())


def _functions(variant: Variant | None) -> dict[str, object]:
    """The names that the notebook's cells define, its experiments and checks left out."""
    notebook = notebooks.read(ROOT / "source" / "ass4" / "ass4.ipynb")
    if variant is not None:
        notebook = variant.apply(notebook)
    given = next(cell.source for cell in notebook.cells if notebooks.grade_id(cell) == "imports")
    names: dict[str, object] = {}
    texts = (given, *(cell.text for cell in notebooks.student_code(notebook)), ass4_training.CODE)
    for number, text in enumerate(texts):
        name = f"<cell {number}>"
        # tf.function reads sources
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), names)
    return names


if __name__ == "__main__":
    main()
