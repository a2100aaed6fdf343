"""A second tanh around the input's part."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% step
def step(handle, x, h):
    return tf.tanh(tf.tanh(x @ handle["W"]) + h @ handle["U"] + handle["b"])
