"""Buckets sort the caller's list of sequences in place (but not the labels), so that afterwards seqs and y of the caller no longer belong together and the next call hands out wrong labels."""

# expect: loses batch-content
# may-lose: batch-waste

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    labels = np.asarray(y, dtype="int32")
    if scheme == "bucket":
        order = np.argsort([len(s) for s in seqs], kind="stable")
        labels = labels[order]
        seqs.sort(key=len)
    lengths = [len(s) for s in seqs]
    cuts = [0, len(seqs)]
    if scheme == "bucket" and boundaries is not None:
        cuts = [0] + [int(c) for c in np.searchsorted(lengths, boundaries, side="right")] + [len(seqs)]
    longest = max(lengths)
    out = []
    for first, last in zip(cuts, cuts[1:]):
        for i in range(first, last, batch_size):
            j = min(i + batch_size, last)
            width = longest if scheme == "global" else max(lengths[i:j])
            tokens = tf.keras.utils.pad_sequences(seqs[i:j], maxlen=width, padding="post", dtype="int32")
            out.append((tokens, labels[i:j]))
    return out
