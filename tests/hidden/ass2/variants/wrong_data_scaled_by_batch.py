"""Each batch is divided by its largest pixel."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    def prepare(images, labels):
        images = tf.reshape(tf.cast(images, tf.float32), [-1, 784])
        return images / tf.reduce_max(images), tf.cast(labels, tf.int32)

    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(buffer, seed=seed)
    return data.batch(batch_size).map(prepare).repeat(epochs)
