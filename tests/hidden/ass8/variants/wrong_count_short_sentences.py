"""The closed form is not restricted to windows that fit."""

# expect: loses skipgram-count

# %% n_skipgrams
def n_skipgrams(n, window):
    return window * (2 * n - window - 1)
