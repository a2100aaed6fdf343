"""Batches of half the size."""

# expect: loses batch-content
# may-lose: batch-waste

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    batch_size = max(1, batch_size // 2)
    lengths = np.array([len(seq) for seq in seqs])
    groups = [np.arange(len(seqs))]
    if scheme == "bucket":
        if boundaries is None:
            boundaries = [60, 100, 140, 180, 220, 270, 330, 400]
        bucket = np.searchsorted(np.asarray(boundaries), lengths, side="right")
        groups = [np.flatnonzero(bucket == number) for number in np.unique(bucket)]
    result = []
    for group in groups:
        for start in range(0, len(group), batch_size):
            rows = group[start : start + batch_size]
            width = lengths.max() if scheme == "global" else lengths[rows].max()
            tokens = np.zeros([len(rows), width], np.int32)
            for line, row in zip(tokens, rows):
                line[: lengths[row]] = seqs[row]
            result.append((tokens, np.asarray(y)[rows].astype(np.int32)))
    return result
