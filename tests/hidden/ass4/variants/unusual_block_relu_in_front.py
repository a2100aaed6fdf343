"""ReLU, then convolution, as in the paper."""

# expect: full

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    x = inputs
    for _ in range(layers):
        x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 3, padding="same")(tf.keras.layers.ReLU()(x))])
    return tf.keras.Model(inputs, x)
