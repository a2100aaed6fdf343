"""Negatives drawn without repetition from all words but the true context and the target."""

# expect: full

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    rng = np.random.default_rng([seed, epoch])
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    negative = np.array(
        [rng.choice(np.setdiff1d(np.arange(1, vocab), pair), num_ns, replace=False) for pair in pairs]
    )
    context = np.concatenate([pairs[:, 1:], negative], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return pairs[:, 0], context, label
