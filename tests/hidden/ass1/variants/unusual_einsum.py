"""Products by einsum, ReLU by maximum."""

# expect: full

# %% forward
def forward(params, x, activation="relu"):
    w1, b1, w2, b2 = params
    before = tf.einsum("bi,ih->bh", x, w1) + b1
    if activation == "relu":
        hidden = tf.maximum(before, 0.0)
    elif activation == "tanh":
        hidden = 2.0 / (1.0 + tf.exp(-2.0 * before)) - 1.0
    else:
        hidden = 1.0 / (1.0 + tf.exp(-before))
    return tf.einsum("bh,ho->bo", hidden, w2) + b2
