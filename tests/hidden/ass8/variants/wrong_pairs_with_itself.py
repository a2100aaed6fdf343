"""Each position is paired with itself too."""

# expect: loses skipgram-count skipgram-pairs
# may-lose: negatives redraw embedding-quality bonus-cbow

# %% skipgrams
def skipgrams(seq, window):
    pairs = []
    for i, target in enumerate(seq):
        for j in range(max(0, i - window), min(len(seq), i + window + 1)):
            if target != 0 and seq[j] != 0:
                pairs.append((target, seq[j]))
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)
