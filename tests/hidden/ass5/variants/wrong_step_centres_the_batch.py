"""The mean over the batch is taken off the sums."""

# expect: loses rnn-step rnn-sequence
# may-lose: rnn-learns rnn-masking rnn-pooling rnn-heads

# %% step
def step(handle, x, h):
    z = x @ handle["W"] + h @ handle["U"] + handle["b"]
    return tf.tanh(z - tf.reduce_mean(z, axis=0))
