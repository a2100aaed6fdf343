"""One layer too few."""

# expect: loses dense-channels dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    x = inputs
    for _ in range(layers - 1):
        x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(x)])
    return tf.keras.Model(inputs, x)
