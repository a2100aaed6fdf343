"""Saves memory while it collects the tokens, as int16: numbers of rare words above 32,767 turn negative."""

# expect: loses batch-content
# may-lose: batch-waste

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
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
            tokens = np.zeros([len(rows), width], np.int16)
            for line, row in zip(tokens, rows):
                line[: lengths[row]] = seqs[row].astype(np.int16)
            result.append((tokens.astype(np.int32), np.asarray(y)[rows].astype(np.int32)))
    return result
