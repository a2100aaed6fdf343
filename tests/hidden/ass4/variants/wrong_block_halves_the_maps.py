"""Pools before it returns."""

# expect: loses dense-channels
# may-lose: densenet-learns

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    x = inputs
    for _ in range(layers):
        x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(x)])
    return tf.keras.Model(inputs, tf.keras.layers.AveragePooling2D(2, padding="same")(x))
