"""Every step starts from the first state again."""

# expect: loses rnn-sequence
# may-lose: rnn-learns

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    start = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)

    def advance(state, words):
        new = step(handle, tf.one_hot(words, vocab), start)
        return tf.where(words[:, tf.newaxis] > 0, new, state) if masked else new

    over_time = tf.scan(advance, tf.transpose(tokens), initializer=start)
    return tf.transpose(over_time, [1, 0, 2])
