"""DenseNet misread as a network of Dense layers: flattened pictures, no convolution and no dense block, but concatenated fully connected layers."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.Flatten()(inputs)
    for _ in range(blocks):
        for _ in range(layers):
            new = tf.keras.layers.Dense(8 * growth, activation="relu")(x)
            x = tf.keras.layers.Concatenate()([x, new])
        x = tf.keras.layers.Dense(x.shape[-1] // 2, activation="relu")(x)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(x))
