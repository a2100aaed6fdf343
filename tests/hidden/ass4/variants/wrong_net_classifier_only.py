"""A linear classifier of the pixels."""

# expect: loses densenet-learns

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(tf.keras.layers.Flatten()(inputs)))
