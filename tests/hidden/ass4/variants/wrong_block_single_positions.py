"""Convolutions of 1x1 positions."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    features = inputs
    for _ in range(layers):
        features = tf.keras.layers.Concatenate()([features, tf.keras.layers.Conv2D(growth, 1, activation="relu")(features)])
    return tf.keras.Model(inputs, features)
