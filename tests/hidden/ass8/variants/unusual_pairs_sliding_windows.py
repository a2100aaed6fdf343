"""Windows by stride tricks over a sentence with zeros at both ends."""

# expect: full

# %% skipgrams
def skipgrams(seq, window):
    seq = np.asarray(seq, dtype=np.int32)
    if len(seq) == 0:
        return np.zeros((0, 2), np.int32)
    wide = np.pad(seq, window)
    view = np.lib.stride_tricks.sliding_window_view(wide, 2 * window + 1)
    around = np.delete(view, window, axis=1)
    keep = (around != 0) & (seq[:, None] != 0)
    return np.column_stack([np.broadcast_to(seq[:, None], around.shape)[keep], around[keep]])
# %% n_skipgrams
def n_skipgrams(n, window):
    return int(2 * sum(n - d for d in range(1, min(window, n - 1) + 1)))
