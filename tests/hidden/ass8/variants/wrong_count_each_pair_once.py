"""Each pair is counted in one direction."""

# expect: loses skipgram-count

# %% n_skipgrams
def n_skipgrams(n, window):
    window = min(window, n - 1)
    return window * (2 * n - window - 1) // 2
