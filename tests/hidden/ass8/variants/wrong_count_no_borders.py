"""The closed form forgets the ends of the sentence."""

# expect: loses skipgram-count

# %% n_skipgrams
def n_skipgrams(n, window):
    return 2 * n * window
