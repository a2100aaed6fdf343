"""`seed or None`: the seed 0 counts as no seed, and two calls with it give different streams."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    def prepare(images, labels):
        return tf.reshape(tf.cast(images, tf.float32) / 255.0, [-1, 784]), tf.cast(labels, tf.int32)

    data = tf.data.Dataset.from_tensor_slices((x, y))
    return data.shuffle(buffer, seed=seed or None).batch(batch_size).map(prepare).repeat(epochs)
