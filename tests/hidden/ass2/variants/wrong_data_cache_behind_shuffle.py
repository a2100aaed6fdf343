"""The first epoch's order is cached."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    def prepare(image, label):
        return tf.reshape(tf.cast(image, tf.float32), [784]) / 255.0, tf.cast(label, tf.int32)


    return tf.data.Dataset.from_tensor_slices((x, y)).map(prepare).shuffle(buffer, seed=seed).cache().batch(batch_size).repeat(epochs)
