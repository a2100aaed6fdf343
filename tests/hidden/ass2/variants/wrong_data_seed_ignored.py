"""The seed is taken but never used: an order cannot be repeated."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    def prepare(image, label):
        return tf.reshape(tf.cast(image, tf.float32) / 255.0, [784]), tf.cast(label, tf.int32)

    data = tf.data.Dataset.from_tensor_slices((x, y)).map(prepare)
    return data.shuffle(buffer).batch(batch_size).repeat(epochs)
