"""No activation: two matrices make one linear classifier."""

# expect: loses mlp-forward mlp-unseen-task mlp-accuracy
# may-lose: mlp-loss mlp-gradients mlp-training

# %% forward
def forward(params, x, activation="relu"):
    w1, b1, w2, b2 = params
    phi = {"relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}[activation]
    return (x @ w1 + b1) @ w2 + b2
