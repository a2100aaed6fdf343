"""Negatives as the true context moved on around the circle of words."""

# expect: full

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    rng = np.random.Generator(np.random.Philox(key=[seed, epoch]))
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    step = rng.integers(1, vocab - 1, size=(len(pairs), num_ns), endpoint=False)
    negative = (pairs[:, 1:] - 1 + step) % (vocab - 1) + 1
    context = np.concatenate([pairs[:, 1:], negative], axis=1).astype("int32")
    label = np.zeros_like(context) + (np.arange(num_ns + 1) == 0).astype("int32")
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order, 0], context[order], label[order]
