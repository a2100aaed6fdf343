"""The products by einsum and tensordot."""

# expect: full

# %% step
def step(handle, x, h):
    return tf.math.tanh(tf.einsum("bv,vh->bh", x, handle["W"]) + tf.tensordot(h, handle["U"], [[1], [0]]) + handle["b"])
