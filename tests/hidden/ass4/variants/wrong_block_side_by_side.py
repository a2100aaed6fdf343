"""Every layer reads the input only."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()([inputs, *(tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(inputs) for _ in range(layers))]))
