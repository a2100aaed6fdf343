"""Vectorised: each distance contributes two shifted copies."""

# expect: full

# %% skipgrams
def skipgrams(seq, window):
    seq = np.asarray(seq)
    parts = [np.zeros((0, 2), seq.dtype)]
    for distance in range(1, min(window, len(seq) - 1) + 1):
        left, right = seq[:-distance], seq[distance:]
        parts += [np.stack([left, right], axis=1), np.stack([right, left], axis=1)]
    pairs = np.concatenate(parts)
    return pairs[(pairs != 0).all(axis=1)].astype(np.int32)

# %% n_skipgrams
def n_skipgrams(n, window):
    reach = min(window, n - 1)
    return 2 * reach * n - reach * (reach + 1)
