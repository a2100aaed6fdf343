"""The corpus is one long sentence: pairs reach over the ends."""

# expect: loses negatives
# may-lose: redraw embedding-quality

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = skipgrams(np.concatenate(seqs), window)
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = np.random.default_rng([seed, epoch])
    negative = rng.integers(1, vocab - 1, size=(len(pairs), num_ns))
    negative += negative >= positive
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return target, context, label
