"""A cell of the student's own compares the pairs with those of Keras's function."""

# expect: full

# %% n_skipgrams
def n_skipgrams(n, window):
    return sum(2 * (n - d) for d in range(1, min(window, n - 1) + 1))


# %% +
theirs, _ = tf.keras.preprocessing.sequence.skipgrams(
    [1, 2, 3, 4, 5], 6, window_size=2, negative_samples=0.0, shuffle=False, seed=1
)
print(sorted(map(tuple, theirs)) == sorted(map(tuple, skipgrams(DOGS, 2).tolist())))
