"""Converted by NumPy before tf.data sees it; cached in front of the shuffle."""

# expect: full

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    images = np.asarray(x).reshape(len(x), -1).astype(np.float32) / np.float32(255)
    data = tf.data.Dataset.from_tensor_slices((images, np.asarray(y).astype(np.int32))).cache()
    return data.shuffle(buffer, seed=seed, reshuffle_each_iteration=True).batch(batch_size).repeat(epochs)
