"""A plain chain: each layer reads only the one before, and only the last is returned."""

# expect: loses dense-channels dense-edges
# may-lose: densenet-learns

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    x = inputs
    for _ in range(layers):
        x = tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(x)
    return tf.keras.Model(inputs, x)
