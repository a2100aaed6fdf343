"""The sum is clipped to the range from -2 to 2 before the tanh, "for stable gradients"."""

# expect: loses rnn-step
# may-lose: rnn-learns

# Wrong: no state gets beyond tanh(2) = 0.964, however large the sum. With small inputs nothing shows. Specification: the
# formula h_t = tanh(x_t W + h_{t-1} U + b), and "any numbers may stand there".

# %% step
def step(handle, x, h):
    total = x @ handle["W"] + h @ handle["U"] + handle["b"]
    return tf.tanh(tf.clip_by_value(total, -2.0, 2.0))
