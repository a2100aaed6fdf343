"""Probabilities instead of class numbers."""

# expect: loses mlp-training mlp-unseen-task mlp-accuracy

# %% predict
def predict(params, x):
    return tf.nn.softmax(forward(params, x))
