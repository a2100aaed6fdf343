"""The last state is gathered at the last word's place; padded steps are left as they fall."""

# expect: full

# %% states
def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    vocab, hidden = handle["W"].shape
    start = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else tf.convert_to_tensor(h0, tf.float32)

    def advance(state, words):
        new = step(handle, tf.one_hot(words, vocab), state)
        return tf.where(words[:, tf.newaxis] > 0, new, state) if masked else new

    over_time = tf.scan(advance, tf.transpose(tokens), initializer=start)
    result = tf.transpose(over_time, [1, 0, 2])
    return tf.where(tokens[:, :, tf.newaxis] > 0, result, 0.0) if masked else result
# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    all_states = states(handle, tokens, masked=masked)
    real = tf.cast(tokens > 0, tf.float32) if masked else tf.ones_like(tokens, tf.float32)
    real = real[:, :, tf.newaxis]
    n = tf.reduce_sum(real, axis=1)
    V, c = handle["V"], handle["c"]
    head = lambda h: tf.tensordot(h, V, axes=1) + c
    probs = (lambda z: tf.sigmoid(z)) if c.shape[0] == 1 else (lambda z: tf.nn.softmax(z))
    mean = lambda values: tf.reduce_sum(values * real, axis=1) / n
    if mode == "last":
        return head(tf.gather(all_states, tf.reduce_max(tf.where(real[:, :, 0] > 0, tf.range(tf.shape(tokens)[1]), 0), axis=1), batch_dims=1))
    if mode == "mean_states":
        return head(mean(all_states))
    if mode == "mean_logits":
        return mean(head(all_states))
    return mean(probs(head(all_states)))
