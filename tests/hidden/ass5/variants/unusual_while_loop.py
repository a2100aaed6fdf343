"""tf.while_loop with a TensorArray."""

# expect: full

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.cast(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    batch, steps = tf.shape(tokens)[0], tf.shape(tokens)[1]
    state = tf.zeros([batch, hidden]) if h0 is None else tf.cast(h0, tf.float32)
    collected = tf.TensorArray(tf.float32, size=steps, element_shape=[None, hidden])

    def body(t, state, collected):
        new = step(handle, tf.one_hot(tokens[:, t], vocab), state)
        if masked:
            new = tf.where(tf.not_equal(tokens[:, t, tf.newaxis], 0), new, state)
        return t + 1, new, collected.write(t, new)

    _, _, collected = tf.while_loop(lambda t, *rest: t < steps, body, (0, state, collected),
        shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, hidden]), tf.TensorShape(None)))
    return tf.transpose(collected.stack(), [1, 0, 2])
