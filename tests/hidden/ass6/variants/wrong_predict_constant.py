"""predict returns zeros."""

# expect: loses architectures mask-invariance mask-speed

# %% predict
def predict(handle, tokens):
    return tf.zeros([len(tokens)])
