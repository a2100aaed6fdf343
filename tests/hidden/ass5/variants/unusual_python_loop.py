"""A Python loop over unstacked time steps."""

# expect: full

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    state = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else h0
    collected = []
    for words in tf.unstack(tokens, axis=1):
        new = step(handle, tf.one_hot(words, vocab), state)
        state = tf.where((words > 0)[:, None], new, state) if masked else new
        collected.append(state)
    return tf.stack(collected, axis=1)
