"""Measure the threshold of the learning check of assignment 5: correct and wrong trainings over many seeds.

    python benchmarks/calibrate_ass5.py [--seeds 20] [--variants TEXT ...] [--write]

Runs the solution and the variants that change what is learned (those whose file names contain one of the texts) in
this process, as plain Python, each with `--seeds` seeds on reviews drawn anew, or with five where a wrong one stays far
below. Every run is appended to benchmarks/ass5_runs.jsonl, and those that are there are not made again: delete the
lines of a solution that has changed. Prints the table, and with `--write` puts threshold, spread and what was measured
into tests/hidden/ass5/ass5_thresholds.json. Only the project's own files are run, so there is no sandbox.
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

from autograder import notebooks
from autograder.checks.calibration import calibrate
from autograder.grading.variants import Variant, read_variants

ROOT = Path(__file__).parents[1]
HIDDEN = ROOT / "tests" / "hidden" / "ass5"
RUNS = Path(__file__).with_name("ass5_runs.jsonl")
sys.path.insert(0, str(HIDDEN))

import ass5_reviews  # noqa: E402
import ass5_thresholds  # noqa: E402

LEARNING = (
    "unusual_train",
    "unusual_init",
    "unusual_handle_tuple_no_bias",  # the others learn as the solution does
    "wrong_train",
    "wrong_mask_off",
    "wrong_mask_to_zero",
)
ENOUGH, FAR_OFF = 5, 0.65  # runs of a wrong solution that never gets there
ROUND = 0.01  # thresholds are rounded down to whole percents
FRACTION = 0.5  # how far from the floor towards the highest admissible threshold the threshold is put


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--variants", nargs="*", default=LEARNING)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    correct = {"solution": _accuracies(None, options.seeds, False)}
    wrong: dict[str, list[float]] = {}
    for variant in read_variants(HIDDEN / "variants"):
        if any(text in variant.name for text in options.variants):
            if "rnn-learns" in variant.may_lose:
                continue  # nothing is asked of it
            fails = "rnn-learns" in variant.loses
            group = wrong if fails else correct
            group[variant.name] = _accuracies(variant, options.seeds, fails)
    result = calibrate(correct, wrong, test_size=ass5_reviews.TEST)
    if not result.ok:
        print(result.table())
        raise SystemExit(1)
    floor = max(result.floor, 0.5)  # guessing
    between = floor + FRACTION * (result.threshold - floor)
    threshold = np.floor(between / ROUND) * ROUND
    spread = max(v.sd for v in result.variants if v.correct)
    print(result.table(threshold))
    if options.write:
        entry = {
            "threshold": round(float(threshold), 4),
            "spread": round(spread, 4),
            "seeds": options.seeds,
            "admissible": [round(floor, 4), round(result.threshold, 4)],
            "false_fail": [float(f"{result.false_fail(threshold, runs):.2g}") for runs in (1, 3)],
            "false_pass": [float(f"{result.false_pass(threshold, runs):.2g}") for runs in (1, 3)],
            "solutions": {
                v.name: {
                    "correct": v.correct,
                    "mean": round(v.mean, 4),
                    "sd": round(v.sd, 5),
                    "lowest": round(v.lowest, 4),
                    "highest": round(v.highest, 4),
                }
                for v in result.variants
            },
        }
        ass5_thresholds.FILE.write_text(json.dumps({"reviews": entry}, indent=1) + "\n", encoding="utf-8")


def _accuracies(variant: Variant | None, seeds: int, wrong: bool) -> list[float]:
    name = "solution" if variant is None else variant.name
    runs = (
        [json.loads(line) for line in RUNS.read_text(encoding="utf-8").splitlines()] if RUNS.exists() else []
    )
    on_file = {run["seed"]: run["accuracy"] for run in runs if run["solution"] == name}
    found = []
    for seed in range(seeds):
        if wrong and len(found) >= ENOUGH and max(found) < FAR_OFF:
            break
        if seed not in on_file:
            on_file[seed] = _accuracy(variant, seed)
            with RUNS.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"solution": name, "seed": seed, "accuracy": on_file[seed]}) + "\n")
        found.append(on_file[seed])
    print(f"{name}: {' '.join(f'{a:.3f}' for a in found)}", file=sys.stderr, flush=True)
    return found


def _accuracy(variant: Variant | None, seed: int) -> float:
    task = ass5_reviews.reviews(np.random.default_rng([seed, 5]))
    names = _functions(variant)
    # As the hidden test calls it, with tensors.
    tensor = names["tf"].constant
    handle = names["train_rnn"](
        tensor(task.x_train),
        tensor(task.y_train),
        ass5_reviews.HIDDEN,
        "last",
        True,
        ass5_reviews.EPOCHS,
        seed,
    )
    parts = [
        np.asarray(names["logits"](handle, tensor(task.x_test[i : i + 1000]), mode="last", masked=True))
        for i in range(0, len(task.x_test), 1000)
    ]
    return float(((np.concatenate(parts)[:, 0] > 0) == task.y_test).mean())


def _functions(variant: Variant | None) -> dict[str, object]:
    """The names that the notebook's cells define, its experiments and checks left out."""
    notebook = notebooks.read(ROOT / "source" / "ass5" / "ass5.ipynb")
    if variant is not None:
        notebook = variant.apply(notebook)
    given = next(cell.source for cell in notebook.cells if notebooks.grade_id(cell) == "imports")
    names: dict[str, object] = {}
    for number, text in enumerate((given, *(cell.text for cell in notebooks.student_code(notebook)))):
        name = f"<cell {number}>"
        linecache.cache[name] = (
            len(text),
            None,
            text.splitlines(keepends=True),
            name,
        )  # tf.function reads sources
        exec(compile(text, name, "exec"), names)
    return names


if __name__ == "__main__":
    main()
