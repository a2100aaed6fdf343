"""Averages over all positions first, so that only the mean colour is left."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.GlobalAveragePooling2D(keepdims=True)(inputs)
    x = tf.keras.layers.Conv2D(2 * growth, 1, activation="relu")(x)
    for number in range(blocks):
        x = dense_block(x.shape[-1], layers, growth)(x)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(tf.keras.layers.Flatten()(x)))
