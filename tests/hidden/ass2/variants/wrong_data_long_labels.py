"""The labels are int64."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    data = tf.data.Dataset.from_tensor_slices((x, y)).map(lambda a, b: (tf.reshape(tf.cast(a, tf.float32) / 255, [784]), tf.cast(b, tf.int64)))
    return data.shuffle(buffer, seed=seed).batch(batch_size).repeat(epochs)
