"""Mode last takes the state after the first step."""

# expect: loses rnn-masking rnn-learns
# may-lose: rnn-pooling

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
        return head(all_states[:, 0])
    if mode == "mean_states":
        return head(mean(all_states))
    if mode == "mean_logits":
        return mean(head(all_states))
    return mean(probs(head(all_states)))
