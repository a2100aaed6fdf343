"""How often the ordering instrument is right, undecided or wrong, over simulated pipelines.

    python benchmarks/ordering_rates.py [--repeats 200] [--json FILE]

Each line is one setting, simulated for all six orders: right (the order, or the pair that cannot differ for
these sizes), undecided ("cannot tell", with the right order among those named), wrong (a right order
excluded). Seeds are fixed, so the figures are the same on every run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from measuring import arguments, publish, table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "engine"))

from ordering_simulation import pipeline

from autograder.checks.ordering import ORDERS, identify

SETTINGS = [
    # n, batch, epochs, buffer, dropped remainders
    (103, 8, 4, 103, False),
    (103, 8, 4, 1000, False),
    (103, 8, 4, 10, False),
    (103, 8, 4, 30, False),
    (103, 8, 4, 60, False),
    (103, 8, 3, 60, True),
    (103, 8, 3, 5, False),
    (103, 8, 3, 3, False),
    (104, 8, 3, 60, False),
    (23, 5, 3, 23, False),
    (23, 5, 6, 23, False),
    (1000, 32, 2, 500, False),
    (60, 7, 2, 60, True),
    (103, 8, 1, 60, False),
]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=200, help="pipelines per order and setting")
    options = parser.parse_args()
    repeats = options.repeats
    rng = np.random.default_rng(2024)
    rows: list[tuple[object, ...]] = []
    for n, batch, epochs, buffer, drop in SETTINGS:
        right = undecided = wrong = measured = inside = 0
        for order in ORDERS:
            for _ in range(repeats):
                stream = pipeline(order, n, batch, epochs, buffer, rng, drop=drop)
                found = identify(stream, n, batch, epochs)
                if order not in found.orders:
                    wrong += 1
                elif found.certain:
                    right += 1
                else:
                    undecided += 1
                if found.buffer is not None and order in found.orders:
                    whole = n if order in ("SBR", "SRB") else -(-n // batch) if order == "BSR" else n * epochs
                    measured += 1
                    inside += found.buffer.holds(buffer, whole)
        share = f"{100 * inside / measured:.1f} %" if measured else "-"
        rows.append((n, batch, epochs, buffer, drop, right, undecided, wrong, share))
    columns = (
        "n",
        "batch",
        "epochs",
        "buffer",
        "drop",
        "right",
        "undecided",
        "wrong",
        "buffer in its interval",
    )
    print(table(f"{repeats} pipelines for each order and setting", columns, rows))
    measured = {"repeats": repeats, "rows": [dict(zip(columns, row, strict=True)) for row in rows]}
    publish("ordering_rates", measured, options.json)


if __name__ == "__main__":
    main()
