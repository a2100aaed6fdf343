"""a may be an answer."""

# expect: loses analogy

# %% analogy
def analogy(E, a, b, c, k):
    q = E[b] - E[a] + E[c]
    score = E @ q / (np.linalg.norm(E, axis=1) * np.linalg.norm(q) + 1e-12)
    score[[0, b, c]] = -np.inf
    return np.argsort(-score)[:k].astype(np.int32)
