"""tanh from exponentials."""

# expect: full

# %% step
def step(handle, x, h):
    e = tf.exp(2.0 * tf.clip_by_value(x @ handle["W"] + h @ handle["U"] + handle["b"], -20.0, 20.0))
    return (e - 1.0) / (e + 1.0)
