"""Negatives by rejection, different ones within a row, from the unigram law to the power of 3/4."""

# expect: full

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    pairs = np.concatenate([skipgrams(seq, window) for seq in seqs])
    rng = np.random.default_rng((seed, epoch, 17))
    counts = np.bincount(np.concatenate(seqs), minlength=vocab).astype(float) + 1.0
    counts[0] = 0.0
    law = counts**0.75 / (counts**0.75).sum()
    context = np.zeros((len(pairs), 1 + num_ns), dtype=np.int32)
    context[:, 0] = pairs[:, 1]
    for i in range(1, 1 + num_ns):
        context[:, i] = rng.choice(vocab, size=len(pairs), p=law)
        while (bad := context[:, i] == context[:, 0]).any():
            context[bad, i] = rng.choice(vocab, size=int(bad.sum()), p=law)
    label = np.repeat([[1] + [0] * num_ns], len(pairs), axis=0).astype(np.int32)
    order = rng.permutation(len(pairs))
    return pairs[order, 0], context[order], label
