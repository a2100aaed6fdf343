"""The state is kept at words and changed at padding."""

# expect: loses rnn-masking
# may-lose: rnn-sequence rnn-pooling rnn-heads rnn-learns

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    start = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)

    def advance(state, words):
        new = step(handle, tf.one_hot(words, vocab), state)
        return tf.where(words[:, tf.newaxis] > 0, state, new) if masked else new

    over_time = tf.scan(advance, tf.transpose(tokens), initializer=start)
    return tf.transpose(over_time, [1, 0, 2])
