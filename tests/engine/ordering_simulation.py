"""tf.data's shuffle, batch and repeat in NumPy, for tests and benchmarks of the ordering instrument."""

import numpy as np


def shuffled(items, buffer, rng):
    """As Dataset.shuffle: hold `buffer` items, always yield a random one of them."""
    held, result = [], []
    for item in items:
        held.append(item)
        if len(held) == buffer:
            at = rng.integers(buffer)
            result.append(held[at])
            held.pop(at)
    while held:
        result.append(held.pop(rng.integers(len(held))))
    return result


def batched(items, size, drop=False):
    chunks = [items[k : k + size] for k in range(0, len(items), size)]
    return [c for c in chunks if len(c) == size] if drop else chunks


def pipeline(order, n, batch, epochs, buffer, rng, *, drop=False, reshuffle=True, source=None):
    """Batches (lists of elements) of the pipeline with these three steps in this order."""
    start = list(range(n)) if source is None else list(source)
    seed = int(rng.integers(2**32))

    def run(steps, items, inner):
        for step in steps:
            if step == "S":
                items = shuffled(items, buffer, inner if reshuffle else np.random.default_rng(seed))
            elif step == "B":
                items = batched(items, batch, drop)
        return items

    before, after = order.split("R")
    repeated = [item for _ in range(epochs) for item in run(before, start, rng)]
    return run(after, repeated, rng)
