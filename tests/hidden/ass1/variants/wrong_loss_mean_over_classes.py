"""The mean runs over batch and classes."""

# expect: loses mlp-loss
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    one_hot = tf.one_hot(y, logits.shape[1])
    return -tf.reduce_mean(one_hot * tf.nn.log_softmax(logits))
