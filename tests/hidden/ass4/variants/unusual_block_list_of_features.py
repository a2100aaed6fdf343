"""A list of all features, concatenated where they are read; no biases."""

# expect: full

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    features = [inputs]
    for _ in range(layers):
        read = features[0] if len(features) == 1 else tf.keras.ops.concatenate(features, axis=-1)
        features.append(tf.keras.layers.Conv2D(growth, (3, 3), padding="same", use_bias=False, kernel_initializer="he_normal", activation="relu")(read))
    return tf.keras.Model(inputs=inputs, outputs=tf.keras.ops.concatenate(features, axis=-1))
