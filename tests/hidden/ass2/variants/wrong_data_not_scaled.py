"""The pixels stay between 0 and 255."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    data = tf.data.Dataset.from_tensor_slices((x, y)).map(lambda a, b: (tf.cast(tf.reshape(a, [784]), tf.float32), tf.cast(b, tf.int32)))
    return data.shuffle(buffer, seed=seed).batch(batch_size).repeat(epochs)
