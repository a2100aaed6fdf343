"""A Python generator delivers the pairs."""

# expect: full

# %% make_dataset
def make_dataset(x, y, batch_size, buffer, epochs, seed=None):
    def pairs():
        for image, label in zip(x, y):
            yield np.float32(image).ravel() / 255, label

    signature = (tf.TensorSpec([784], tf.float32), tf.TensorSpec([], tf.int32))
    data = tf.data.Dataset.from_generator(pairs, output_signature=signature)
    return data.shuffle(buffer, seed=seed).batch(batch_size).repeat(epochs)
