"""Exponentials, sum and logarithm one after another: infinite for large logits."""

# expect: loses mlp-loss
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    p = tf.exp(logits) / tf.reduce_sum(tf.exp(logits), axis=1, keepdims=True)
    return -tf.reduce_mean(tf.math.log(tf.gather(p, y, batch_dims=1)))
