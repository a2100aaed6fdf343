"""A layer class with convolutions of its own, built at the first call."""

# expect: full

# %% dense_block
class DenseBlock(tf.keras.layers.Layer):
    def __init__(self, layers, growth):
        super().__init__()
        self.convolutions = [tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu") for _ in range(layers)]

    def call(self, x):
        for convolution in self.convolutions:
            x = tf.concat([x, convolution(x)], axis=-1)
        return x

def dense_block(c_in, layers, growth):
    return DenseBlock(layers, growth)
