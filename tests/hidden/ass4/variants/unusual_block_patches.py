"""Convolutions as matrix products of 3x3 patches, with matrices for kernels."""

# expect: full

# %% dense_block
def dense_block(c_in, layers, growth):
    class Block(tf.keras.layers.Layer):
        def build(self, shape):
            self.ks = [self.add_weight(shape=(9 * (c_in + d * growth), growth), initializer="he_normal") for d in range(layers)]
            self.bs = [self.add_weight(shape=(growth,), initializer="zeros") for d in range(layers)]
        def call(self, x):
            for k, b in zip(self.ks, self.bs):
                patches = tf.image.extract_patches(x, [1, 3, 3, 1], [1, 1, 1, 1], [1, 1, 1, 1], "SAME")
                x = tf.concat([x, tf.nn.relu(patches @ k + b)], -1)
            return x
    return Block()
