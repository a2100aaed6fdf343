"""A transition after every block, and then one more dense block before the average: blocks + 1 of them."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu")(inputs)
    for _ in range(blocks):
        x = dense_block(x.shape[-1], layers, growth)(x)
        x = tf.keras.layers.Conv2D(x.shape[-1] // 2, 1)(x)
        x = tf.keras.layers.AveragePooling2D(2, padding="same")(x)
    x = dense_block(x.shape[-1], layers, growth)(x)
    x = tf.keras.layers.GlobalAveragePooling2D()(x)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(x))
