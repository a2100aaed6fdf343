"""A convolution for each connection, added up: the same as one convolution of all side by side."""

# expect: full

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input((None, None, c_in))
    made = [inputs]
    for _ in range(layers):
        parts = [tf.keras.layers.Conv2D(growth, 3, padding="same", use_bias=i == 0)(m) for i, m in enumerate(made)]
        total = tf.keras.layers.Add()(parts) if len(parts) > 1 else parts[0]
        made.append(tf.keras.layers.ReLU()(total))
    return tf.keras.Model(inputs, tf.keras.layers.Concatenate()(made))
