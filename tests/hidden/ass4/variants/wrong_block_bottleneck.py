"""A 1x1 convolution in front of each 3x3 convolution, where none was asked for."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    features = inputs
    for _ in range(layers):
        new = tf.keras.layers.Conv2D(4 * growth, 1, activation="relu")(features)
        features = tf.keras.layers.Concatenate()([features, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(new)])
    return tf.keras.Model(inputs, features)
