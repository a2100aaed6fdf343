"""The mask comes one step late."""

# expect: loses rnn-masking
# may-lose: rnn-learns rnn-pooling

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    start = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)
    real = tf.concat([tokens[:, :1] > -1, tokens[:, :-1] > 0], axis=1)

    def advance(state, words):
        word, real = words
        new = step(handle, tf.one_hot(word, vocab), state)
        return tf.where(real[:, tf.newaxis], new, state) if masked else new

    over_time = tf.scan(advance, (tf.transpose(tokens), tf.transpose(real)), initializer=start)
    return tf.transpose(over_time, [1, 0, 2])
