"""Each batch takes its rows from all buckets in turn."""

# expect: loses batch-waste

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    lengths = np.array([len(seq) for seq in seqs])
    groups = [np.arange(len(seqs))]
    if scheme == "bucket":
        if boundaries is None:
            boundaries = [60, 100, 140, 180, 220, 270, 330, 400]
        bucket = np.searchsorted(np.asarray(boundaries), lengths, side="right")
        groups = [np.argsort(np.argsort(bucket, kind='stable') % 37, kind='stable')]
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
