"""skipgrams keeps the words as uint8 while it works ("to save memory"), so every index above 255 comes back as another word."""

# expect: loses skipgram-pairs
# may-lose: skipgram-count negatives redraw

# %% skipgrams
def skipgrams(seq, window):
    small = np.asarray(seq).astype(np.uint8)
    found = np.empty((0, 2), dtype=np.uint8)
    for distance in range(1, min(window, len(small) - 1) + 1):
        left, right = small[:-distance], small[distance:]
        words = (left > 0) & (right > 0)
        there = np.stack([left[words], right[words]], axis=1)
        found = np.concatenate([found, there, there[:, ::-1]])
    return found.astype(np.int32)
