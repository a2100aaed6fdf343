"""The pixels are divided by 255 twice."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    def prepare(image, label):
        return tf.reshape(tf.cast(image, tf.float32), [784]) / 255.0, tf.cast(label, tf.int32)


    data = tf.data.Dataset.from_tensor_slices((x, y)).map(prepare).map(lambda a, b: (a / 255.0, b))
    return data.shuffle(buffer, seed=seed).batch(batch_size).repeat(epochs)
