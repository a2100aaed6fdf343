"""The pairs of Keras's own function, in the form that is asked for."""

# expect: full

# %% skipgrams
def skipgrams(seq, window):
    words = [int(word) for word in seq]
    pairs, _ = tf.keras.preprocessing.sequence.skipgrams(
        words, max(words, default=1) + 1, window_size=window, negative_samples=0.0, shuffle=False
    )
    return np.array(pairs, np.int32).reshape(-1, 2)
