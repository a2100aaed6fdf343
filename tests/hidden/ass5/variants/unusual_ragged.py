"""Words as a ragged tensor, averages by its own reduce_mean."""

# expect: full

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    every = states(handle, tokens, masked=masked)
    keep = tokens > 0 if masked else tf.ones_like(tokens, tf.bool)
    words_only = tf.ragged.boolean_mask(every, keep)
    V, c = handle["V"], handle["c"]
    if mode == "last":
        return words_only[:, -1:].to_tensor()[:, 0] @ V + c
    if mode == "mean_states":
        return tf.reduce_mean(words_only, axis=1) @ V + c
    z = words_only.with_values(words_only.values @ V + c)
    if mode == "mean_probs":
        z = z.with_values(tf.sigmoid(z.values) if c.shape[0] == 1 else tf.nn.softmax(z.values))
    return tf.reduce_mean(z, axis=1)
