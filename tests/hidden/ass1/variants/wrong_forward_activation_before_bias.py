"""The activation stands before the bias."""

# expect: loses mlp-forward
# may-lose: mlp-loss mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% forward
def forward(params, x, activation="relu"):
    w1, b1, w2, b2 = params
    phi = {"relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}[activation]
    return (phi(x @ w1) + b1) @ w2 + b2
