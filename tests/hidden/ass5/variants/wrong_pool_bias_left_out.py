"""mean_logits leaves out the bias of the head."""

# expect: loses rnn-pooling

# Wrong: the bias starts at zero, so a fresh network shows nothing; a trained one has mean_logits that differ from
# mean_states by the bias. Specification: "`mean_logits`: the logits of every step, averaged over time" with z = h V + c;
# check 6.4: "mean_logits = mean_states (linear head, 1e-5)".

# %% logits
def logits(handle, tokens, mode="last", masked=True):
    tokens = tf.convert_to_tensor(tokens, tf.int32)
    all_states = states(handle, tokens, masked=masked)
    counts = tf.cast(tokens > 0, tf.float32) if masked else tf.ones_like(tokens, tf.float32)
    shares = counts / tf.maximum(tf.reduce_sum(counts, axis=1, keepdims=True), 1.0)

    def over_time(values):
        return tf.reduce_sum(values * shares[:, :, tf.newaxis], axis=1)

    def head(values):
        return tf.tensordot(values, handle["V"], axes=1) + handle["c"]

    if mode == "last":
        return head(all_states[:, -1])
    if mode == "mean_states":
        return head(over_time(all_states))
    if mode == "mean_logits":
        return over_time(tf.tensordot(all_states, handle["V"], axes=1))
    if mode == "mean_probs":
        every_step = head(all_states)
        return over_time(tf.sigmoid(every_step) if handle["c"].shape[0] == 1 else tf.nn.softmax(every_step))
    raise ValueError(f"no mode is called {mode!r}")
