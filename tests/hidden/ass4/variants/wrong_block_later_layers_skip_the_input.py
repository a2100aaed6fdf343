"""Later layers read all layers before them, and not the block's input."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    made = []
    for _ in range(layers):
        read = inputs if not made else made[0] if len(made) == 1 else tf.keras.layers.Concatenate()(made)
        made.append(tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(read))
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()([inputs, *made]))
