"""A softmax before a loss that takes logits."""

# expect: loses mlp-loss
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, tf.nn.softmax(logits)))
