"""A chain whose links are concatenated only at the end: the same channels and the same receptive fields."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    features = [inputs]
    for _ in range(layers):
        features.append(tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(features[-1]))
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()(features))
