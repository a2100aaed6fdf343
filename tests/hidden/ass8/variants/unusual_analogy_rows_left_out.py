"""The barred rows are taken out first, numbers mapped back; k smallest by argpartition."""

# expect: full

# %% analogy
def analogy(E, a, b, c, k):
    E = np.asarray(E, dtype=np.float64)
    words = np.setdiff1d(np.arange(len(E)), [0, a, b, c])
    q = E[b] - E[a] + E[c]
    rows = E[words]
    away = 1 - rows @ q / np.linalg.norm(rows, axis=1) / np.linalg.norm(q)
    best = np.argpartition(away, min(k, len(away) - 1))[:k]
    return words[best[np.argsort(away[best])]].astype(np.int32)
