"""One long vector holds the kernels of all layers."""

# expect: full

# %% dense_block
def dense_block(c_in, layers, growth):
    # one weight holds the kernels of all layers one after the other
    class Block(tf.keras.layers.Layer):
        def build(self, shape):
            sizes = [9 * (c_in + d * growth) * growth for d in range(layers)]
            self.sizes = sizes
            self.flat = self.add_weight(shape=(sum(sizes),), initializer=tf.keras.initializers.RandomNormal(stddev=0.1))
        def call(self, x):
            for d, part in enumerate(tf.split(self.flat, self.sizes)):
                kernel = tf.reshape(part, [3, 3, c_in + d * growth, growth])
                x = tf.concat([x, tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME"))], -1)
            return x
    return Block()
