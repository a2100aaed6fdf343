"""Each layer reads the input and the layer before it; all are returned."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    made = []
    for _ in range(layers):
        made.append(tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(inputs if not made else tf.keras.layers.Concatenate()([inputs, made[-1]])))
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()([inputs, *made]))
