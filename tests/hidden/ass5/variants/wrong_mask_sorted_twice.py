"""Rows are sorted by length, and sorted back with the same permutation instead of its inverse: right for
two rows, and for rows of one length."""

# expect: loses rnn-masking rnn-learns
# may-lose: rnn-pooling rnn-heads

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    start = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)
    order = tf.range(tf.shape(tokens)[0])
    if masked:
        lengths = tf.reduce_sum(tf.cast(tokens > 0, tf.int32), axis=1)
        order = tf.argsort(lengths, direction="DESCENDING", stable=True)
    tokens, start = tf.gather(tokens, order), tf.gather(start, order)

    def advance(state, words):
        new = step(handle, tf.one_hot(words, vocab), state)
        return tf.where(words[:, tf.newaxis] > 0, new, state) if masked else new

    over_time = tf.scan(advance, tf.transpose(tokens), initializer=start)
    return tf.gather(tf.transpose(over_time, [1, 0, 2]), order)
