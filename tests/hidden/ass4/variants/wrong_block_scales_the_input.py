"""The input comes out half as large."""

# expect: loses dense-channels

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    x = tf.keras.layers.Rescaling(0.5)(inputs)
    for _ in range(layers):
        x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(x)])
    return tf.keras.Model(inputs, x)
