"""The scalar product instead of the cosine."""

# expect: loses analogy

# %% analogy
def analogy(E, a, b, c, k):
    scores = E @ (E[b] - E[a] + E[c])
    scores[[0, a, b, c]] = -np.inf
    return np.argsort(-scores)[:k].astype(np.int32)
