"""One row of negatives is drawn and used for every pair, hits included."""

# expect: loses negatives
# may-lose: redraw embedding-quality

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    target, positive = pairs[:, 0], pairs[:, 1:]
    rng = np.random.default_rng([seed, epoch])
    negative = np.tile(rng.choice(np.arange(1, vocab), size=num_ns), (len(pairs), 1))
    context = np.concatenate([positive, negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return target, context, label
