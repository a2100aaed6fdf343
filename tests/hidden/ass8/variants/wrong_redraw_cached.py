"""The first epoch is kept and returned again."""

# expect: loses redraw
# may-lose: embedding-quality negatives

# %% training_examples
KEPT = {}


def make(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = np.random.default_rng([seed, epoch])
    negative = rng.integers(1, vocab - 1, size=(len(pairs), num_ns))
    negative += negative >= positive
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return target, context, label


def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    key = (len(seqs), window, num_ns, vocab, seed)
    if key not in KEPT:
        KEPT[key] = make(seqs, window, num_ns, vocab, seed, epoch)
    return KEPT[key]
