"""Labels come as a column [b, 1], as Keras' binary losses like them.

Spec: "labels, int32 [b]". The public check only compares lengths, which agree.
"""
# expect: loses batch-content
# may-lose: batch-waste

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    y = np.asarray(y, dtype=np.int32).reshape(-1, 1)
    lengths = np.array([len(seq) for seq in seqs])
    groups = [np.arange(len(seqs))]
    if scheme == "bucket":
        if boundaries is None:
            boundaries = np.quantile(lengths, np.linspace(0, 1, 11)[1:-1])
        bucket = np.searchsorted(np.unique(boundaries), lengths, side="right")
        groups = [np.flatnonzero(bucket == number) for number in np.unique(bucket)]
    result = []
    for group in groups:
        for start in range(0, len(group), batch_size):
            rows = group[start : start + batch_size]
            width = lengths.max() if scheme == "global" else lengths[rows].max()
            tokens = np.zeros([len(rows), width], np.int32)
            for line, row in zip(tokens, rows):
                line[: lengths[row]] = seqs[row]
            result.append((tokens, y[rows]))
    return result
