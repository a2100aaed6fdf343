"""Returns what the layers add, without the block's input."""

# expect: loses dense-channels

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    features = [inputs]
    for _ in range(layers):
        features.append(tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(tf.keras.layers.Concatenate()(features) if len(features) > 1 else inputs))
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()(features[1:]) if layers > 1 else features[1])
