"""Batch normalisation between convolution and ReLU, where none was asked for."""

# expect: loses dense-edges

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    features = inputs
    for _ in range(layers):
        new = tf.keras.layers.Conv2D(growth, 3, padding="same")(features)
        new = tf.keras.layers.ReLU()(tf.keras.layers.BatchNormalization()(new))
        features = tf.keras.layers.Concatenate()([features, new])
    return tf.keras.Model(inputs, features)
