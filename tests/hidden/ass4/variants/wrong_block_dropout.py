"""A dropout of 0.2 stands behind every concatenation: in training mode the input channels do not come out as they came in."""

# expect: loses dense-channels
# may-lose: dense-edges densenet-learns

# %% dense_block
def dense_block(c_in, layers, growth):
    inputs = tf.keras.Input(shape=(None, None, c_in))
    features = inputs
    for _ in range(layers):
        new = tf.keras.layers.Conv2D(growth, 3, padding="same", activation="relu")(features)
        features = tf.keras.layers.Concatenate()([features, new])
        features = tf.keras.layers.Dropout(0.2)(features)  # against overfitting, as in the paper
    return tf.keras.Model(inputs, features)
