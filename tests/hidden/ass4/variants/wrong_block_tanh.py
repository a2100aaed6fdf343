"""A tanh in place of the ReLU."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    features = inputs
    for _ in range(layers):
        features = tf.keras.layers.Concatenate()([features, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="tanh")(features)])
    return tf.keras.Model(inputs, features)
