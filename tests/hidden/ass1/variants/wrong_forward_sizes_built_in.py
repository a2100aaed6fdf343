"""784 inputs and 10 classes are built in."""

# expect: loses mlp-forward
# may-lose: mlp-loss mlp-gradients mlp-training mlp-unseen-task mlp-accuracy

# %% forward
def forward(params, x, activation="relu"):
    w1, b1, w2, b2 = params
    phi = {"relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}[activation]
    return tf.reshape(phi(tf.reshape(x, [-1, 784]) @ w1 + b1) @ w2 + b2, [-1, 10])
