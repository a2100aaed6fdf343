"""Words are moved to the front, read without a mask, and moved back; the last one is gathered. Padded steps list zeros."""

# expect: full

# %% states
def aligned(handle, tokens, h0, masked):
    vocab, hidden = handle["W"].shape
    state = tf.zeros([tf.shape(tokens)[0], hidden]) if h0 is None else h0
    padding = tf.cast(tokens == 0, tf.int32) if masked else tf.zeros_like(tokens)
    order = tf.argsort(padding, axis=1, stable=True)
    front = tf.gather(tokens, order, batch_dims=1)
    over_time = tf.scan(lambda h, w: step(handle, tf.one_hot(w, vocab), h), tf.transpose(front), initializer=state)
    return tf.transpose(over_time, [1, 0, 2]), tf.argsort(order, axis=1), tf.reduce_sum(1 - padding, axis=1), padding

def states(handle, tokens, h0=None, masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    front, back, _, padding = aligned(handle, tokens, h0, masked)
    return tf.gather(front, back, batch_dims=1) * tf.cast(1 - padding, tf.float32)[:, :, tf.newaxis]

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    front, _, counts, _ = aligned(handle, tokens, None, masked)
    every = tf.tensordot(front, handle["V"], axes=1) + handle["c"]
    if mode == "last":
        return tf.gather(every, counts - 1, batch_dims=1)
    real = tf.sequence_mask(counts, tf.shape(tokens)[1], tf.float32)[:, :, tf.newaxis]
    mean = lambda values: tf.reduce_sum(values * real, axis=1) / tf.reduce_sum(real, axis=1)
    if mode == "mean_states":
        return mean(front) @ handle["V"] + handle["c"]
    if mode == "mean_logits":
        return mean(every)
    return mean(tf.math.sigmoid(every) if every.shape[-1] == 1 else tf.nn.softmax(every, axis=-1))
