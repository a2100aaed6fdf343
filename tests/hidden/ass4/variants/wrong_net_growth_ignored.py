"""Twelve new channels in each layer, whatever growth is asked for."""

# expect: loses densenet-learns

# Wrong: the network learns well; only the first convolution follows `growth`. Specification: "growth: int, channels that
# each layer adds", and the example with its 16, 40, 20, 44 channels.

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    features = tf.keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu")(inputs)
    for number in range(blocks):
        if number > 0:
            features = tf.keras.layers.Conv2D(features.shape[-1] // 2, 1, activation="relu")(features)
            features = tf.keras.layers.AveragePooling2D(2)(features)
        features = dense_block(features.shape[-1], layers, 12)(features)
    averages = tf.keras.layers.GlobalAveragePooling2D()(features)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(averages))
