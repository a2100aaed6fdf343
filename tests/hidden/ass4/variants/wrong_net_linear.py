"""No activation anywhere."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.Conv2D(2 * growth, 3, padding="same")(inputs)
    for number in range(blocks):
        if number > 0:
            x = tf.keras.layers.AveragePooling2D(2)(tf.keras.layers.Conv2D(x.shape[-1] // 2, 1)(x))
        for _ in range(layers):
            x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 3, padding="same")(x)])
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(tf.keras.layers.GlobalAveragePooling2D()(x)))
