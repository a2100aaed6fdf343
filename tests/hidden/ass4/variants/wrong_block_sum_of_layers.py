"""The outputs of earlier layers are added up before they are read, not set side by side."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    made = []
    for number in range(layers):
        if not made:
            seen = inputs
        else:
            added = tf.keras.layers.Add()(made) if len(made) > 1 else made[0]
            seen = tf.keras.layers.Concatenate()([inputs, added])
        made.append(tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(seen))
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()([inputs, *made]))
