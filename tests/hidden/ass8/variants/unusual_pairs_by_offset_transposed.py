"""Offset by offset, both directions, a transposed view in Fortran order, contexts listed as targets."""

# expect: full

# %% skipgrams
def skipgrams(seq, window):
    seq = np.asarray(seq, dtype=np.int32)
    left, right = [], []
    for d in range(1, min(window, len(seq) - 1) + 1):
        left += [seq[:-d], seq[d:]]
        right += [seq[d:], seq[:-d]]
    if not left:
        return np.empty((0, 2), np.int32)
    both = np.stack([np.concatenate(right), np.concatenate(left)])
    return both[:, (both != 0).all(axis=0)].T
# %% n_skipgrams
def n_skipgrams(n, window):
    w = min(window, n - 1)
    return w * (2 * n - w - 1) if n > 0 else 0
