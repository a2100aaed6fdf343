"""The loss function of Keras, which is no layer and no model."""

# expect: full

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    return tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True))
