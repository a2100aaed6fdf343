"""Residual additions where channels should be concatenated."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    L = tf.keras.layers
    tf.keras.utils.set_random_seed(seed)

    inputs = tf.keras.Input(input_shape)
    x = L.Conv2D(2 * growth, 3, padding="same", activation="relu")(inputs)
    for number in range(blocks):
        if number > 0:
            x = L.AveragePooling2D(2)(L.Conv2D(x.shape[-1] // 2, 1, activation="relu")(x))
        for d in range(layers):
            x = L.Add()([x, L.Conv2D(x.shape[-1], 3, padding="same", activation="relu")(x)])

    return tf.keras.Model(inputs, L.Dense(n_classes)(L.GlobalAveragePooling2D()(x)))
