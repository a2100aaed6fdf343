"""Measure how soon networks of assignment 6 learn with much padding, masked and not, over many seeds.

    python benchmarks/calibrate_ass6.py [--seeds 20] [--variants NAME ...] [--runs FILE] [--write]

Trains the solution and the variants as the hidden test does, but in this process, as plain Python and without a
sandbox: they are the project's own. Every training is appended to the file of runs as one line of JSON; those that
are there already are not made again. Prints the table, and with `--write` puts what was measured into
tests/hidden/ass6/ass6_thresholds.json. The method: autograder.checks.calibration.
"""

from __future__ import annotations

import argparse
import json
import linecache
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy import stats

from autograder import notebooks
from autograder.checks import polarity
from autograder.checks.calibration import calibrate
from autograder.grading.variants import read_variants

ROOT = Path(__file__).parents[1]
HIDDEN = ROOT / "tests" / "hidden" / "ass6"
sys.path.insert(0, str(HIDDEN))

import ass6_training as training  # noqa: E402
from ass6_ask import INSIDE  # noqa: E402

CORRECT = (
    "solution",
    "unusual_average_pooling",
    "unusual_large_weights",
    "unusual_reads_backwards",
)
WRONG = (
    "wrong_mask_missing",
    "wrong_mask_zeroed_inputs",
    "wrong_mask_token_one",
)
NEGLIGIBLE = 1e-9  # no law is known to hold further out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--variants", nargs="*", default=(*CORRECT, *WRONG))
    parser.add_argument("--runs", type=Path, default=Path(__file__).with_name("ass6_runs.jsonl"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for name in options.variants:
        for seed in range(options.seeds):
            if (name, seed) not in _runs(options.runs):
                run = {"variant": name, "seed": seed, "accuracies": _accuracies(name, seed)}
                with options.runs.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(run) + "\n")
    best = {
        name: [max(a) for (variant, _), a in sorted(_runs(options.runs).items()) if variant == name]
        for name in options.variants
    }
    correct = {name: values for name, values in best.items() if name in CORRECT}
    wrong = {name: values for name, values in best.items() if name in WRONG}
    found = calibrate(correct, wrong, test_size=training.TEST)
    print(found.table(training.WANTED))
    if options.write:
        _write(correct, wrong, _runs(options.runs))


def _runs(file: Path) -> dict[tuple[str, int], list[float]]:
    if not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {(line["variant"], line["seed"]): line["accuracies"] for line in lines}


def _accuracies(name: str, seed: int) -> list[float]:
    """Accuracy after each training.EVERY steps, up to training.MOST, whatever was reached before."""
    names = _functions(name)
    task = polarity.reviews(training.KIND, np.random.default_rng([seed, 6]), training.TRAIN, training.TEST)
    s = training.NETWORK
    handle = names["build_rnn"](s.vocab, s.emb, s.units, s.cell, s.bidirectional, s.layers, s.mask, seed)
    made = names["_training"](handle, task.x_train, task.y_train, training.BATCH, training.RATE, seed)
    if not made.ready:
        raise SystemExit(f"{name} cannot be trained: {made.refused}")
    ask = names["tf"].function(lambda tokens: names["predict"](handle, tokens))

    def logits(tokens: np.ndarray) -> np.ndarray:
        return np.asarray(ask(names["tf"].constant(tokens)))

    return list(training.look(made.steps, logits, task, clear=2.0).accuracies)


def _functions(name: str) -> dict[str, Any]:
    """The names that the notebook's cells define, and the grader's own, which call them."""
    notebook = notebooks.read(ROOT / "source" / "ass6" / "ass6.ipynb")
    if name != "solution":
        notebook = next(v for v in read_variants(HIDDEN / "variants") if v.name == name).apply(notebook)
    given = next(cell.source for cell in notebook.cells if notebooks.grade_id(cell) == "imports")
    code = [
        given,
        *(cell.text for cell in notebooks.student_code(notebook)),
        INSIDE,
    ]
    names: dict[str, Any] = {}
    for number, text in enumerate(code):
        file = f"<cell {number}>"
        lines = text.splitlines(keepends=True)
        linecache.cache[file] = (len(text), None, lines, file)  # tf.function reads sources
        exec(compile(text, file, "exec"), names)
    return names


def _write(
    correct: dict[str, list[float]], wrong: dict[str, list[float]], runs: dict[tuple[str, int], list[float]]
) -> None:
    """What was measured, and the probabilities of a wrong verdict for the networks nearest to the threshold."""
    measured = {name: _summary(name, values, runs) for name, values in {**correct, **wrong}.items()}
    low = [value for values in correct.values() for value in values]
    high = [value for values in wrong.values() for value in values]
    fails = max(stats.norm.cdf((training.WANTED - np.mean(v)) / np.std(v, ddof=1)) for v in correct.values())
    passes = max(stats.norm.sf((training.WANTED - np.mean(v)) / np.std(v, ddof=1)) for v in wrong.values())
    entry = {
        "accuracy": training.WANTED,
        "steps": training.MOST,
        "seeds": min(len(v) for v in (*correct.values(), *wrong.values())),
        "correct runs that fail": f"{sum(v < training.WANTED for v in low)} of {len(low)}",
        "wrong runs that pass": f"{sum(v >= training.WANTED for v in high)} of {len(high)}",
        "a correct run fails, by a normal law, at most": float(f"{max(fails, NEGLIGIBLE):.1e}"),
        "a wrong run passes, by a normal law, at most": float(f"{max(passes, NEGLIGIBLE):.1e}"),
        "measured": measured,
    }
    file = HIDDEN / "ass6_thresholds.json"
    file.write_text(json.dumps({"mask-speed": entry}, indent=1) + "\n", encoding="utf-8")


def _summary(
    name: str, values: list[float], runs: dict[tuple[str, int], list[float]]
) -> dict[str, float | None]:
    needed = [
        next((training.EVERY * (i + 1) for i, a in enumerate(run) if a >= training.WANTED), None)
        for (variant, _), run in runs.items()
        if variant == name
    ]
    reached = [n for n in needed if n is not None]
    return {
        "mean": round(float(np.mean(values)), 4),
        "sd": round(float(np.std(values, ddof=1)), 4),
        "lowest": round(min(values), 4),
        "highest": round(max(values), 4),
        "share that reaches it": len(reached) / len(needed),
        "median steps": float(np.median(reached)) if reached else None,
        "most steps": max(reached, default=None),
    }


if __name__ == "__main__":
    main()
