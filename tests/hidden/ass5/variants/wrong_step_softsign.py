"""Another squashing function, x / (1 + |x|)."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% step
def step(handle, x, h):
    return tf.nn.softsign(x @ handle["W"] + h @ handle["U"] + handle["b"])
