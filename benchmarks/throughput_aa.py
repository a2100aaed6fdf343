"""How far the throughput instrument's ratio strays when a program is measured against itself.

    python benchmarks/throughput_aa.py [--runs 100] [--load] [--json FILE]

The program is a chain of small matrix products in NumPy, single-threaded. With --load another process keeps a
core busy in bursts. The instrument should stay within 0.93 to 1.07 in at least 98 of 100 runs; exit status 1
if not.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import multiprocessing
import sys
import time

import numpy as np
from measuring import arguments, publish, table

from autograder.checks.throughput import compare

LOW, HIGH = 0.93, 1.07


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--load", action="store_true", help="keep another core busy in bursts")
    options = parser.parse_args()
    burner = multiprocessing.Process(target=burn, daemon=True)
    if options.load:
        burner.start()
    ratios = np.array([compare(work, work, 0.5).ratio for _ in range(options.runs)])
    if options.load:
        burner.terminate()
    inside = int(((ratios >= LOW) & (ratios <= HIGH)).sum())
    quantiles = np.quantile(ratios, [0.01, 0.5, 0.99])
    title = f"{options.runs} runs, {'loaded' if options.load else 'quiet'}: the ratio"
    row = ["", *map(float, quantiles), f"{inside} of {options.runs}"]
    print(table(title, ("", "1 %", "50 %", "99 %", f"within {LOW} to {HIGH}"), [row]))
    measured = {"loaded": options.load, "ratios": ratios.tolist(), "inside": inside, "limits": [LOW, HIGH]}
    publish("throughput_aa", measured, options.json)
    return 0 if inside >= 0.98 * options.runs else 1


def work(steps: int) -> float:
    matrix = np.full((96, 96), 1 / 96)
    value = np.eye(96)
    for _ in range(steps):
        value = np.tanh(value @ matrix)
    return float(value.sum())


def burn() -> None:
    rng = np.random.default_rng(0)
    while True:
        until = time.perf_counter() + rng.uniform(0.005, 0.08)
        while time.perf_counter() < until:
            sum(range(500))
        time.sleep(rng.uniform(0.005, 0.08))


if __name__ == "__main__":
    sys.exit(main())
