"""A loss for each row instead of one number."""

# expect: loses mlp-loss
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
