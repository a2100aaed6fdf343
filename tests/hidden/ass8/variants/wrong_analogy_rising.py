"""The least similar words come first."""

# expect: loses analogy

# %% analogy
def analogy(E, a, b, c, k):
    query = E[b] - E[a] + E[c]
    cosine = E @ query / (np.linalg.norm(E, axis=1) * np.linalg.norm(query) + 1e-12)
    cosine[[0, a, b, c]] = np.inf
    return np.argsort(cosine)[:k].astype(np.int32)
