"""A global generator goes on where it stopped: nothing can be repeated."""

# expect: loses redraw

# %% training_examples
GLOBAL = np.random.default_rng(0)


def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = GLOBAL
    negative = rng.integers(1, vocab - 1, size=(len(pairs), num_ns))
    negative += negative >= positive
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return target, context, label
