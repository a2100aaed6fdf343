"""The softmax runs over the batch instead of the classes."""

# expect: loses mlp-loss
# may-lose: mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% loss
def loss(params, x, y, activation="relu"):
    logits = forward(params, x, activation)
    return -tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits, axis=0), y, batch_dims=1))
