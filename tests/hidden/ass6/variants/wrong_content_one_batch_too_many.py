"""Splits into n // batch_size + 1 parts, which is one batch too many whenever the number is a multiple of the batch size."""

# expect: loses batch-content

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    lengths = np.array([len(seq) for seq in seqs])
    y = np.asarray(y)
    if scheme == "bucket":
        if boundaries is None:
            boundaries = np.unique(np.quantile(lengths, np.linspace(0.1, 0.9, 9)).astype(int))
        bucket_of = np.digitize(lengths, boundaries)
        groups = [np.flatnonzero(bucket_of == b) for b in range(len(boundaries) + 1)]
    else:
        groups = [np.arange(len(seqs))]
    made = []
    for group in groups:
        for part in np.array_split(group, len(group) // batch_size + 1):
            if len(part) == 0:
                continue
            width = lengths.max() if scheme == "global" else lengths[part].max()
            tokens = np.stack([np.pad(seqs[i], (0, width - lengths[i])) for i in part]).astype("int32")
            made.append((tokens, y[part].astype("int32")))
    return made
