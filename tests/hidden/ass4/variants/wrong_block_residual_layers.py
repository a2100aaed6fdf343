"""Each layer adds the one before it to its own output."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    made = [inputs]
    for number in range(layers):
        new = tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(tf.keras.layers.Concatenate()(made) if len(made) > 1 else made[0])
        if number > 0:
            new = tf.keras.layers.Add()([new, made[-1]])
        made.append(new)
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()(made))
