"""The first function that the editor offered: ReLU cut off at 6."""

# expect: loses mlp-forward
# may-lose: mlp-loss mlp-gradients

# %% forward
def forward(params, x, activation="relu"):
    w1, b1, w2, b2 = params
    nonlinearity = {"relu": tf.nn.relu6, "tanh": tf.nn.tanh, "sigmoid": tf.nn.sigmoid}[activation]
    return nonlinearity(x @ w1 + b1) @ w2 + b2
