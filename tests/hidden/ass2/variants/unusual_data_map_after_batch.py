"""Whole batches are converted at once, in parallel, and prefetched."""

# expect: full

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    def prepare(images, labels):
        return tf.reshape(images, [-1, 784]) * tf.constant(1 / 255), tf.cast(labels, tf.int32)

    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(buffer, seed=seed).batch(batch_size)
    data = data.map(lambda a, b: (tf.cast(a, tf.float32), b)).map(prepare, num_parallel_calls=4)
    return data.repeat(epochs).prefetch(3)
