"""Distinct negatives: the largest of random keys, the true context barred."""

# expect: full

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    rng = np.random.default_rng((epoch, seed))
    pairs = np.vstack([skipgrams(seq, window) for seq in seqs])
    keys = rng.random((len(pairs), vocab))
    keys[:, 0] = -1
    keys[np.arange(len(pairs)), pairs[:, 1]] = -1
    negative = np.argsort(-keys, axis=1)[:, :num_ns]
    context = np.column_stack([pairs[:, 1], negative]).astype(np.int32)
    label = np.eye(1, 1 + num_ns, dtype=np.int32).repeat(len(pairs), axis=0)
    return pairs[:, 0], context, label
