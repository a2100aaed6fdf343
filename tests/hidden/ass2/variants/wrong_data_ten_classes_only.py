"""Copied from an MNIST tutorial: the labels go through one_hot(depth=10) and back, so every label from 10 on turns into 0."""

# expect: loses data-pipeline

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    """Shuffled batches of images and labels."""
    NUM_CLASSES = 10

    def preprocess(image, label):
        image = tf.reshape(tf.cast(image, tf.float32) / 255.0, [784])
        return image, tf.one_hot(label, NUM_CLASSES)

    def to_index(images, one_hot):
        # the assignment wants int32 labels instead of one-hot vectors
        return images, tf.argmax(one_hot, axis=1, output_type=tf.int32)

    dataset = tf.data.Dataset.from_tensor_slices((x, y)).map(preprocess)
    dataset = dataset.shuffle(buffer, seed=seed).batch(batch_size).map(to_index)
    return dataset.repeat(epochs)
