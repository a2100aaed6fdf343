"""One-hot labels and the loss for them."""

# expect: full

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.one_hot(y, tf.shape(logits)[1]), logits))
