"""All pairs are built and counted: exact, and far too slow for long sentences."""

# expect: loses skipgram-count

# %% n_skipgrams
def n_skipgrams(n, window):
    return len(skipgrams(np.ones(n, dtype=np.int32), window))
