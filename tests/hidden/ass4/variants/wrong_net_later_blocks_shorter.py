"""The transition is counted as a layer of the block behind it: all blocks but the first are one layer short."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    features = tf.keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu")(inputs)
    features = dense_block(features.shape[-1], layers, growth)(features)
    for _ in range(blocks - 1):
        features = tf.keras.layers.Conv2D(features.shape[-1] // 2, 1, activation="relu")(features)
        features = tf.keras.layers.AveragePooling2D(2)(features)
        if layers > 1:
            features = dense_block(features.shape[-1], layers - 1, growth)(features)
    averages = tf.keras.layers.GlobalAveragePooling2D()(features)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(averages))
