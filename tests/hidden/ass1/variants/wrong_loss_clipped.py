"""Probabilities are clipped at 1e-7, so the loss of a bad mistake stops at 16."""

# expect: loses mlp-loss
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    p = tf.clip_by_value(tf.nn.softmax(logits), 1e-7, 1.0)
    return -tf.reduce_mean(tf.math.log(tf.gather(p, y, batch_dims=1)))
