"""A gate mixes old and new state, as in a GRU."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% step
def step(handle, x, h):
    gate = tf.sigmoid(x @ handle["W"])
    return gate * h + (1 - gate) * tf.tanh(x @ handle["W"] + h @ handle["U"] + handle["b"])
