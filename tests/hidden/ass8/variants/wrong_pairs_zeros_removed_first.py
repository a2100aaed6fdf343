"""Padding is taken out before the window is laid, so words move together."""

# expect: loses skipgram-pairs
# may-lose: negatives redraw embedding-quality bonus-cbow

# %% skipgrams
def skipgrams(seq, window):
    words = [w for w in seq if w != 0]
    pairs = [(words[i], words[j]) for i in range(len(words)) for j in range(len(words)) if 0 < abs(i - j) <= window]
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)
