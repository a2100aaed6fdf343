"""Keras' function through getattr."""

# expect: loses skipgram-count skipgram-pairs
# may-lose: negatives redraw

# %% skipgrams
def skipgrams(seq, window):
    from tensorflow import keras
    module = keras.preprocessing.sequence
    pairs, _ = getattr(module, "skip" + "grams")(list(map(int, seq)), int(max(seq, default=1)) + 1, window_size=window, negative_samples=0.0, shuffle=False)
    return np.array(pairs, np.int32).reshape(-1, 2)
