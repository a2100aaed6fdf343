"""The last word of the vocabulary is never drawn."""

# expect: loses negatives
# may-lose: redraw embedding-quality

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = np.random.default_rng([seed, epoch])
    negative = rng.integers(1, vocab - 2, size=(len(pairs), num_ns))
    negative += negative >= positive
    negative = np.minimum(negative, vocab - 2)
    negative = np.where(negative == positive, (positive % (vocab - 2)) + 1, negative)
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return target, context, label
