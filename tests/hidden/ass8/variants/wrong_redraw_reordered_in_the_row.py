"""A new epoch gives the same negatives in another order within the row."""

# expect: loses redraw

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    rng = np.random.default_rng(seed)
    negative = rng.integers(1, vocab - 1, size=(len(pairs), num_ns))
    negative += negative >= pairs[:, 1:]
    negative = np.random.default_rng([seed, epoch]).permuted(negative, axis=1)
    context = np.concatenate([pairs[:, 1:], negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return pairs[:, 0], context, label
