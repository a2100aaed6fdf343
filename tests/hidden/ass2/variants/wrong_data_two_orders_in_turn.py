"""Two fixed orders in turn: the third epoch is the first one again."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    if seed is None:
        seed = int(np.random.randint(1, 2**31 - 2))
    images = tf.reshape(tf.cast(x, tf.float32) / 255.0, [-1, 784])
    data = tf.data.Dataset.from_tensor_slices((images, tf.cast(y, tf.int32)))
    odd = data.shuffle(buffer, seed=seed, reshuffle_each_iteration=False)
    even = data.shuffle(buffer, seed=seed + 1, reshuffle_each_iteration=False)
    return odd.concatenate(even).repeat().take(epochs * len(x)).batch(batch_size)
