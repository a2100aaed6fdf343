"""Transitions that only pool, by the maximum; the initial values of He."""

# expect: full

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu", kernel_initializer="he_normal")(inputs)
    for number in range(blocks):
        if number > 0:
            x = tf.keras.layers.MaxPooling2D(2)(x)
        for _ in range(layers):
            x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)])
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(tf.keras.layers.GlobalAveragePooling2D()(x)))
