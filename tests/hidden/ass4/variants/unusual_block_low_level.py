"""A model class with variables of its own and tf.nn.conv2d; layers are made last first."""

# expect: full

# %% dense_block
class LowLevelBlock(tf.keras.Model):
    def __init__(self, c_in, layers, growth):
        super().__init__()
        kernels, biases = [], []
        for number in reversed(range(layers)):
            shape = (3, 3, c_in + number * growth, growth)
            kernels.append(self.add_weight(shape=shape, initializer="glorot_uniform", name=f"kernel{number}"))
            biases.append(self.add_weight(shape=(growth,), initializer="zeros", name=f"bias{number}"))
        self.kernels, self.biases = kernels[::-1], biases[::-1]

    def call(self, x):
        for kernel, bias in zip(self.kernels, self.biases):
            x = tf.concat([x, tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)], -1)
        return x

def dense_block(c_in, layers, growth):
    return LowLevelBlock(c_in, layers, growth)
