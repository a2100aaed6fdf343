"""What isolation costs an honest submission: the same notebook with all layers and with none, interleaved.

    python benchmarks/isolation_overhead.py [--pairs 30] [--json FILE]

One measurement is a whole session: start, one cell that trains a small model, end. Both kinds fork from the
same warm parent. The median of the differences of neighbouring pairs is what counts, as it cancels what else
the machine does meanwhile; the limit is 60 ms.
"""

from __future__ import annotations

import statistics
import time

import nbformat
from measuring import arguments, publish, table
from nbclient import NotebookClient

from autograder.sandbox import SandboxSpec, WarmParent, kernel_manager
from autograder.sandbox.names import LAYERS

LIMIT_MS = 60.0
CELL = """
import numpy as np, tensorflow as tf
x, y = tf.constant(np.ones((256, 784), "float32")), tf.constant(np.ones((256, 10), "float32"))
w = tf.Variable(tf.random.normal((784, 10)))
for step in range(20):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((x @ w - y) ** 2)
    w.assign_sub(0.1 * tape.gradient(loss, w))
np.save("w.npy", w.numpy())
"""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--pairs", type=int, default=30)
    options = parser.parse_args()
    with WarmParent("tensorflow") as warm:
        missing = [name for name, reason in warm.layers.items() if reason]
        kinds = {
            "with all layers": SandboxSpec(),
            "without layers": SandboxSpec(isolation="weak", layers_off=frozenset(LAYERS)),
        }
        if missing:
            kinds["with all layers"] = SandboxSpec(isolation="weak")
        for spec in kinds.values():
            _session(warm, spec)  # the first of each kind also fills caches
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
        for pair in range(options.pairs):
            order = list(kinds) if pair % 2 == 0 else list(kinds)[::-1]
            for name in order:
                measured[name].append(_session(warm, kinds[name]))
    report = _report(measured, missing)
    print(_as_text(report))
    publish("isolation_overhead", report, options.json)


def _session(warm: WarmParent, spec: SandboxSpec) -> dict[str, float]:
    """Milliseconds: until the kernel is ready, of the cell, until all is ended, and together."""
    started = time.perf_counter()
    cell = nbformat.v4.new_code_cell(CELL)
    client = NotebookClient(nbformat.v4.new_notebook(cells=[cell]), km=kernel_manager(spec, warm))
    with client.setup_kernel(cleanup_kc=True):
        ready = time.perf_counter()
        client.execute_cell(cell, 0)
        done = time.perf_counter()
    ended = time.perf_counter()
    marks = {"start": ready - started, "cell": done - ready, "end": ended - done, "whole": ended - started}
    return {name: 1000 * seconds for name, seconds in marks.items()}


def _report(measured: dict[str, list[dict[str, float]]], missing: list[str]) -> dict[str, object]:
    on, off = measured["with all layers"], measured["without layers"]
    differences = sorted(a["whole"] - b["whole"] for a, b in zip(on, off, strict=True))
    tenth = len(differences) // 10
    return {
        "pairs": len(on),
        "missing_layers": missing,
        "median_ms": {
            kind: {part: round(statistics.median(each[part] for each in runs), 1) for part in runs[0]}
            for kind, runs in measured.items()
        },
        "overhead_ms": round(statistics.median(differences), 1),
        "overhead_ms_middle_80_percent": [round(differences[tenth], 1), round(differences[-1 - tenth], 1)],
        "limit_ms": LIMIT_MS,
    }


def _as_text(report: dict[str, object]) -> str:
    medians = report["median_ms"]
    assert isinstance(medians, dict)
    columns = next(iter(medians.values()))
    rows = [[kind, *(float(parts[part]) for part in columns)] for kind, parts in medians.items()]
    title = f"{report['pairs']} pairs, medians in ms; missing layers: {report['missing_layers'] or 'none'}"
    cost = f"isolation costs {report['overhead_ms']} ms a submission (limit {LIMIT_MS:g} ms)"
    return table(title, ("", *columns), rows) + "\n" + cost


if __name__ == "__main__":
    main()
