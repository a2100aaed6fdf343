"""Each layer reads the input and the layer before it, and these two are returned."""

# expect: loses dense-channels dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    x = inputs
    for _ in range(layers):
        x = tf.keras.layers.Concatenate()([inputs, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(x)])
    return tf.keras.Model(inputs, x)
