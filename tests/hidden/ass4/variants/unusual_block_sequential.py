"""A Sequential of layers, each of which concatenates."""

# expect: full

# %% dense_block
class DenseLayer(tf.keras.layers.Layer):
    def __init__(self, growth):
        super().__init__()
        self.convolution = tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")

    def call(self, x):
        return tf.concat([x, self.convolution(x)], axis=3)

def dense_block(c_in, layers, growth):
    return tf.keras.Sequential([DenseLayer(growth) for _ in range(layers)])
