"""Half of the old state is kept."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% step
def step(handle, x, h):
    return 0.5 * h + 0.5 * tf.tanh(x @ handle["W"] + h @ handle["U"] + handle["b"])
