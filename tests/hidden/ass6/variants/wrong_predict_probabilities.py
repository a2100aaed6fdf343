"""predict returns probabilities."""

# expect: loses mask-speed
# may-lose: architectures

# %% predict
def predict(handle, tokens):
    return tf.sigmoid(tf.reshape(handle(tokens, training=False), [-1]))
