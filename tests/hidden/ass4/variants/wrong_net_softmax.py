"""Probabilities in place of logits."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu")(inputs)
    for number in range(blocks):
        if number > 0:
            x = tf.keras.layers.Conv2D(x.shape[-1] // 2, 1, activation="relu")(x)
            x = tf.keras.layers.AveragePooling2D(2)(x)
        x = dense_block(x.shape[-1], layers, growth)(x)
    x = tf.keras.layers.GlobalAveragePooling2D()(x)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes, activation="softmax")(x))
