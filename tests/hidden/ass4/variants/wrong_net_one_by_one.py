"""1×1 convolutions only: no pixel sees its neighbours."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.Conv2D(2 * growth, 1, activation="relu")(inputs)
    for number in range(blocks):
        for _ in range(layers):
            x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 1, activation="relu")(x)])
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(tf.keras.layers.GlobalAveragePooling2D()(x)))
