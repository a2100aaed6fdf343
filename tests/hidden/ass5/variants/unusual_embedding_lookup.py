"""Rows of W are looked up for all steps at once; no one-hot vector is made."""

# expect: full

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    start = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)
    inputs = tf.nn.embedding_lookup(handle["W"], tokens) + handle["b"]

    def advance(state, words):
        own, real = words
        new = tf.tanh(own + state @ handle["U"])
        return tf.where(real[:, tf.newaxis], new, state) if masked else new

    over_time = tf.scan(advance, (tf.transpose(inputs, [1, 0, 2]), tf.transpose(tokens > 0)), initializer=start)
    return tf.transpose(over_time, [1, 0, 2])
