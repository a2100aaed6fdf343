"""The state is a weighted sum without a tanh."""

# expect: loses rnn-step
# may-lose: rnn-learns

# %% step
def step(handle, x, h):
    return x @ handle["W"] + 0.5 * (h @ handle["U"]) + handle["b"]
