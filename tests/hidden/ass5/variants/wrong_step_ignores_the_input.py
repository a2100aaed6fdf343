"""The new state depends on the old one only."""

# expect: loses rnn-step
# may-lose: rnn-learns rnn-pooling rnn-heads

# %% step
def step(handle, x, h):
    return tf.tanh(h @ handle["U"] + handle["b"] + 0.0 * x[:, :1])
