"""One shift for the whole batch: rows with small logits underflow beside large ones."""

# expect: loses mlp-loss
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    shifted = logits - tf.reduce_max(logits)
    p = tf.exp(shifted) / tf.reduce_sum(tf.exp(shifted), axis=1, keepdims=True)
    return -tf.reduce_mean(tf.math.log(tf.gather(p, y, batch_dims=1)))
