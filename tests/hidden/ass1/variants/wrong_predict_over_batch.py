"""The maximum is taken over the batch instead of the classes."""

# expect: loses mlp-training mlp-unseen-task mlp-accuracy

# %% predict
def predict(params, x):
    return tf.argmax(forward(params, x), axis=0)
