"""A Sequential of blocks, transitions and ends; the transition pools first."""

# expect: full

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    channels = 2 * growth
    model = tf.keras.Sequential([tf.keras.Input(input_shape), tf.keras.layers.Conv2D(channels, 3, padding="same", activation="relu")])
    for number in range(blocks):
        if number > 0:
            channels = channels // 2
            model.add(tf.keras.layers.AveragePooling2D(2))
            model.add(tf.keras.layers.Conv2D(channels, 1, activation="relu"))
        model.add(dense_block(channels, layers, growth))
        channels += layers * growth
    model.add(tf.keras.layers.GlobalAveragePooling2D())
    model.add(tf.keras.layers.Dense(n_classes))
    return model
