"""A sigmoid on the last layer."""

# expect: loses densenet-learns

# Wrong: ten numbers between 0 and 1, which do not sum to 1. The largest is still the answer, and training works in part.
# Specification: "a `Dense` layer that gives the **logits**", "a Keras model that returns logits".

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    features = tf.keras.layers.Conv2D(2 * growth, 3, padding="same", activation="relu")(inputs)
    for number in range(blocks):
        if number > 0:
            features = tf.keras.layers.Conv2D(features.shape[-1] // 2, 1, activation="relu")(features)
            features = tf.keras.layers.AveragePooling2D(2)(features)
        features = dense_block(features.shape[-1], layers, growth)(features)
    averages = tf.keras.layers.GlobalAveragePooling2D()(features)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes, activation="sigmoid")(averages))
