"""The last layer adds twice as many channels."""

# expect: loses dense-channels
# may-lose: dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    x = inputs
    for number in range(layers):
        width = 2 * growth if number == layers - 1 else growth
        x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(width, 3, padding="same", activation="relu")(x)])
    return tf.keras.Model(inputs, x)
