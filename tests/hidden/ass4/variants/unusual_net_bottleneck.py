"""With batch normalisation as Keras sets it, and a bottleneck in each layer."""

# expect: full

# %% build_densenet
def build_densenet(input_shape, n_classes, blocks, layers, growth, seed):
    tf.keras.utils.set_random_seed(seed)
    inputs = tf.keras.Input(input_shape)
    x = tf.keras.layers.Conv2D(2 * growth, 3, padding="same", use_bias=False)(inputs)
    for number in range(blocks):
        if number > 0:
            x = tf.keras.layers.ReLU()(tf.keras.layers.BatchNormalization()(x))
            x = tf.keras.layers.AveragePooling2D(2)(tf.keras.layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False)(x))
        for _ in range(layers):
            new = tf.keras.layers.ReLU()(tf.keras.layers.BatchNormalization()(x))
            new = tf.keras.layers.ReLU()(tf.keras.layers.BatchNormalization()(tf.keras.layers.Conv2D(4 * growth, 1, use_bias=False)(new)))
            x = tf.keras.layers.Concatenate()([x, tf.keras.layers.Conv2D(growth, 3, padding="same", use_bias=False)(new)])
    x = tf.keras.layers.GlobalAveragePooling2D()(tf.keras.layers.ReLU()(tf.keras.layers.BatchNormalization()(x)))
    return tf.keras.Model(inputs, tf.keras.layers.Dense(n_classes)(x))
