"""training_examples takes the zeros out of each sentence before it asks (a correct) skipgrams for the pairs, so words on both sides of padding move closer together."""

# expect: loses negatives
# may-lose: redraw

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    rng = np.random.default_rng((seed, epoch))
    target = np.zeros(0, np.int32)
    positive = np.zeros(0, np.int32)
    for seq in seqs:
        seq = np.asarray(seq)
        pairs = np.asarray(skipgrams(seq[seq != 0], window))  # no padding in the examples
        if len(pairs):
            target = np.append(target, pairs[:, 0])
            positive = np.append(positive, pairs[:, 1])
    positive = positive[:, None]
    negatives = 1 + (positive - 1 + rng.integers(1, vocab - 1, (len(target), num_ns))) % (vocab - 1)
    context = np.hstack([positive, negatives]).astype(np.int32)
    label = (np.arange(1 + num_ns) == 0).astype(np.int32) + np.zeros_like(context)
    return target.astype(np.int32), context, label
