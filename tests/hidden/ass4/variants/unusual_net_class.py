"""A model class."""

# expect: full

# %% build_densenet
class DenseNet(tf.keras.Model):
    def __init__(self, n_classes, blocks, layers, growth, seed):
        super().__init__()
        tf.keras.utils.set_random_seed(seed)
        parts, channels = [tf.keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu")], 2 * growth
        for number in range(blocks):
            if number > 0:
                channels //= 2
                parts += [tf.keras.layers.Conv2D(channels, 1, activation="relu"), tf.keras.layers.AveragePooling2D(2)]
            parts.append(dense_block(channels, layers, growth))
            channels += layers * growth
        parts += [tf.keras.layers.GlobalAveragePooling2D(), tf.keras.layers.Dense(n_classes)]
        self.parts = parts

    def call(self, x, training=False):
        for part in self.parts:
            x = part(x)
        return x

def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    return DenseNet(n_classes, blocks, layers, growth, seed)
