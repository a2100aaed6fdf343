"""A TensorArray filled in a tf.function with autograph's loop over tf.range."""

# expect: full

# %% states
@tf.function(reduce_retracing=True)
def unrolled(W, U, b, tokens, state, masked):
    collected = tf.TensorArray(tf.float32, size=tf.shape(tokens)[1])
    for t in tf.range(tf.shape(tokens)[1]):
        words = tokens[:, t]
        new = tf.tanh(tf.gather(W, words) + state @ U + b)
        state = tf.where((words > 0)[:, tf.newaxis] | tf.logical_not(masked), new, state)
        state.set_shape([None, U.shape[0]])
        collected = collected.write(t, state)
    return tf.transpose(collected.stack(), [1, 0, 2])

def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    hidden = handle["U"].shape[0]
    state = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0)
    return unrolled(handle["W"], handle["U"], handle["b"], tokens, state, tf.constant(masked))
