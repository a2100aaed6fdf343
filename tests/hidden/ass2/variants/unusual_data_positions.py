"""Positions are shuffled, and the examples gathered batch by batch; options besides."""

# expect: full

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    images, labels = tf.constant(x), tf.constant(y)

    def gather(positions):
        chosen = tf.cast(tf.gather(images, positions), tf.float32)
        return tf.reshape(chosen, [-1, 784]) / 255, tf.cast(tf.gather(labels, positions), tf.int32)

    data = tf.data.Dataset.range(len(x)).shuffle(buffer, seed=seed).repeat(epochs).batch(batch_size).map(gather)
    options = tf.data.Options()
    options.deterministic = True
    return data.with_options(options)
