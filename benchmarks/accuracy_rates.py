"""False-fail and false-pass rates of the rules by which an accuracy is judged, over simulated gradings.

    python benchmarks/accuracy_rates.py [--gradings 2000] [--json FILE]

A training's accuracy is drawn from a normal law over seeds, then measured on a test set of 10,000 (binomial).
The means and standard deviations are those of an early calibration on an MNIST task (correct: the weakest
unusual one; broken: the strongest wrong one; today's lie further apart) and of a harder pair that lies closer
together. Rules see fresh seeds in each grading.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from measuring import arguments, publish, table

from autograder.checks.accuracy import GaussianSPRT, Majority, PassSPRT, Rule, decide
from autograder.checks.calibration import calibrate

TEST_SIZE = 10_000
CASES = {
    # name: (mean, sd) of a correct and of a broken solution
    "usual": ((0.9567, 0.0021), (0.9285, 0.0018)),
    "close": ((0.9550, 0.0060), (0.9300, 0.0060)),
}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--gradings", type=int, default=2000, help="gradings per line, at least 200")
    options = parser.parse_args()
    gradings = max(200, options.gradings)
    rows = []
    for name, (good, bad) in CASES.items():
        threshold = (good[0] + bad[0]) / 2
        sd = max(good[1], bad[1])
        rules: Sequence[Rule] = (
            Majority(threshold),
            Majority(threshold, spread=sd),
            PassSPRT(threshold),
            GaussianSPRT(good[0], bad[0], float(np.hypot(sd, 0.0024))),  # seed and test set together
        )
        labels = (
            "two of three",
            "two of three, one if clear",
            "sequential, passes",
            "sequential, accuracies",
        )
        for rule, label in zip(rules, labels, strict=True):
            fails, good_runs = graded(rule, good, gradings, seed=1)
            missed, bad_runs = graded(rule, bad, gradings, seed=2)
            rows.append(
                [
                    name,
                    label,
                    fails / gradings,
                    1 - missed / gradings,
                    good_runs / gradings,
                    bad_runs / gradings,
                ]
            )
    columns = ("case", "rule", "false fail", "false pass", "runs (correct)", "runs (broken)")
    shown = [[*row[:2], f"{row[2]:.2%}", f"{row[3]:.2%}", *row[4:]] for row in rows]
    print(table(f"{gradings} gradings a line", columns, shown) + "\n")
    print(
        f"Thresholds from 20 calibration runs each ({gradings // 10} calibrations, then one run of either kind):"
    )
    sentences = {name: calibrated(good, bad, gradings // 10) for name, (good, bad) in CASES.items()}
    for name, sentence in sentences.items():
        print(f"{name:6}  {sentence}")
    measured = {
        "gradings": gradings,
        "rows": [dict(zip(columns, row, strict=True)) for row in rows],
        "calibrated": sentences,
    }
    publish("accuracy_rates", measured, options.json)


def graded(rule: Rule, law: tuple[float, float], gradings: int, seed: int) -> tuple[int, int]:
    """How many of the gradings fail, and how many trainings they took in all."""
    rng = np.random.default_rng(seed)
    fails = runs = 0
    for _ in range(gradings):
        verdict = decide(lambda _: drawn(law, rng), seeds=range(12), rule=rule)
        fails += not verdict.ok
        runs += len(verdict.runs)
    return fails, runs


def drawn(law: tuple[float, float], rng: np.random.Generator) -> tuple[int, int]:
    accuracy = min(max(rng.normal(*law), 0.0), 1.0)
    return int(rng.binomial(TEST_SIZE, accuracy)), TEST_SIZE


def calibrated(good: tuple[float, float], bad: tuple[float, float], calibrations: int) -> str:
    rng = np.random.default_rng(3)
    separated = fails = passes = 0
    for _ in range(calibrations):
        found = calibrate(
            {"correct": [drawn(good, rng)[0] / TEST_SIZE for _ in range(20)]},
            {"broken": [drawn(bad, rng)[0] / TEST_SIZE for _ in range(20)]},
            test_size=TEST_SIZE,
        )
        separated += found.ok
        fails += drawn(good, rng)[0] / TEST_SIZE < found.threshold
        passes += found.ok and drawn(bad, rng)[0] / TEST_SIZE >= found.threshold
    shares = (separated / calibrations, fails / calibrations, passes / max(separated, 1))
    return "separated {:.1%}, single run below the threshold {:.2%}, broken above it {:.2%}".format(*shares)


if __name__ == "__main__":
    main()
