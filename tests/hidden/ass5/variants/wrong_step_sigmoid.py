"""A sigmoid in place of the tanh."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% step
def step(handle, x, h):
    return tf.sigmoid(x @ handle["W"] + h @ handle["U"] + handle["b"])
