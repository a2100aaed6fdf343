"""The last state is gathered by counting words, which fails with padding in front."""

# expect: loses rnn-masking
# may-lose: rnn-pooling

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    start = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)

    def advance(state, words):
        new = step(handle, tf.one_hot(words, vocab), state)
        return new

    over_time = tf.scan(advance, tf.transpose(tokens), initializer=start)
    return tf.transpose(over_time, [1, 0, 2])

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    all_states = states(handle, tokens, masked=masked)
    real = tf.cast(tokens > 0, tf.float32) if masked else tf.ones_like(tokens, tf.float32)
    n = tf.reduce_sum(real, axis=1, keepdims=True)
    every = tf.tensordot(all_states, handle["V"], axes=1) + handle["c"]
    if mode == "last":
        return tf.gather(every, tf.cast(n[:, 0], tf.int32) - 1, batch_dims=1)
    if mode == "mean_probs":
        every = tf.sigmoid(every) if handle["c"].shape[0] == 1 else tf.nn.softmax(every)
    return tf.reduce_sum(every * real[:, :, tf.newaxis], axis=1) / n
