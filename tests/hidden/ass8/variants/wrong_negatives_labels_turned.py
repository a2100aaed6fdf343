"""The labels are the wrong way round."""

# expect: loses negatives
# may-lose: redraw embedding-quality

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = np.random.default_rng([seed, epoch])
    negative = rng.integers(1, vocab - 1, size=(len(pairs), num_ns))
    negative += negative >= positive
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.ones_like(context)
    label[:, 0] = 0
    return target, context, label
