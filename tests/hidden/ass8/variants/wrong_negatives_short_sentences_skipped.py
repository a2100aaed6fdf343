"""training_examples leaves out the sentences that are not longer than the window, although their words have neighbours too."""

# expect: loses negatives
# may-lose: redraw

# %% training_examples
def training_examples(seqs, window, num_ns, vocab, seed, epoch):
    rng = np.random.default_rng([seed, epoch])
    all_pairs = [np.zeros((0, 2), np.int32)]
    for seq in seqs:
        if len(seq) <= window:
            continue  # does not fill the window
        all_pairs.append(np.asarray(skipgrams(seq, window)))
    pairs = np.concatenate(all_pairs).astype(np.int32)
    negatives = rng.integers(1, vocab - 1, size=(len(pairs), num_ns))
    negatives += negatives >= pairs[:, 1:]
    context = np.concatenate([pairs[:, 1:], negatives], axis=1).astype(np.int32)
    label = np.zeros_like(context)
    label[:, 0] = 1
    return pairs[:, 0], context, label
