"""Measures what `embedding-quality` of assignment 8 rests on: the distribution over seeds of the share of words whose
nearest neighbour is of their topic, for the solution, unusual correct variants and wrong ones.

    python benchmarks/calibrate_ass8.py [--seeds 20]

The solution and the variants are run in this process, without a sandbox: they are ours. Method: one-sided normal
tolerance bounds (autograder.checks.calibration). The threshold stands in tests/hidden/ass8/ass8_thresholds.py.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "hidden" / "ass8"))

from ass8_corpora import VOCABULARY, topical  # noqa: E402

from autograder import notebooks  # noqa: E402
from autograder.checks import embeddings  # noqa: E402
from autograder.checks.calibration import calibrate  # noqa: E402
from autograder.grading.variants import cell_named, read_variants  # noqa: E402

CORRECT = (
    "solution",
    "unusual_negatives_by_rejection",
    "unusual_train_numpy",
    "unusual_train_keras_embeddings",
)
WRONG = (
    "wrong_train_untrained",
    "wrong_train_contexts_shuffled",
    "wrong_train_uphill",
    "wrong_train_tiny_rate",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    shares = {name: [share(functions(name), seed) for seed in range(seeds)] for name in (*CORRECT, *WRONG)}
    found = calibrate(
        {name: shares[name] for name in CORRECT},
        {name: shares[name] for name in WRONG},
        test_size=VOCABULARY - 1,
    )
    print(f"{'variant':36} {'runs':>4} {'mean':>7} {'sd':>7} {'lowest':>7} {'highest':>7}")
    for variant in found.variants:
        figures = f"{variant.mean:7.4f} {variant.sd:7.4f} {variant.lowest:7.4f} {variant.highest:7.4f}"
        print(f"{variant.name:36} {variant.n:4} {figures}")
    print(found.sentence)


def share(functions: dict[str, Any], seed: int) -> float:
    """One training on a corpus of its own; the share of words with a neighbour of their topic."""
    corpus, topics = topical(np.random.default_rng([seed, 8]))
    table = np.asarray(functions["train_w2v"](corpus, VOCABULARY, 16, 2, 4, 10, seed + 1)[0])
    return embeddings.topic_separation(table, topics.tolist()).same


def functions(name: str) -> dict[str, Any]:
    """The functions of the solution or a variant."""
    import tensorflow as tf

    notebook = notebooks.read(ROOT / "source" / "ass8" / "ass8.ipynb")
    cells = {
        cell.grade_id: cell.text for cell in notebooks.solution_cells(notebook) if cell.cell_type == "code"
    }
    if name != "solution":
        variants = {v.name: v for v in read_variants(ROOT / "tests" / "hidden" / "ass8" / "variants")}
        cells |= {cell_named(cell, set(cells)): code for cell, code in variants[name].replaced.items()}
    space: dict[str, Any] = {"np": np, "tf": tf}
    for cell in ("skipgrams", "training_examples", "sgns_loss", "train_w2v"):
        exec(compile(cells[cell], f"{name}:{cell}", "exec"), space)
    return space


if __name__ == "__main__":
    main()
