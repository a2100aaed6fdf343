"""Images and labels are shuffled by two pipelines."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    images = tf.data.Dataset.from_tensor_slices(x).map(lambda a: tf.reshape(tf.cast(a, tf.float32) / 255, [784]))
    labels = tf.data.Dataset.from_tensor_slices(y).map(lambda b: tf.cast(b, tf.int32))
    return tf.data.Dataset.zip((images.shuffle(buffer), labels.shuffle(buffer))).batch(batch_size).repeat(epochs)
