"""The four formulas by hand, no tape."""

# expect: full

# %% gradients
def gradients(params, x, y, activation="relu"):
    w1, b1, w2, b2 = params
    before = x @ w1 + b1
    hidden = {"relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}[activation](before)
    logits = hidden @ w2 + b2
    d_logits = (tf.nn.softmax(logits) - tf.one_hot(y, tf.shape(logits)[1])) / tf.cast(tf.shape(x)[0], tf.float32)
    slope = {
        "relu": lambda: tf.cast(before > 0, tf.float32),
        "tanh": lambda: 1.0 - hidden**2,
        "sigmoid": lambda: hidden * (1.0 - hidden),
    }[activation]()
    d_hidden = (d_logits @ tf.transpose(w2)) * slope
    return [
        tf.transpose(x) @ d_hidden,
        tf.reduce_sum(d_hidden, axis=0),
        tf.transpose(hidden) @ d_logits,
        tf.reduce_sum(d_logits, axis=0),
    ]
