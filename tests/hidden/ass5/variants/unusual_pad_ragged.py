"""A ragged tensor, reversed for padding in front."""

# expect: full

# %% pad
def pad(seqs, mode="pre", maxlen=None, truncating="pre"):
    width = maxlen if maxlen is not None else max(len(s) for s in seqs)
    kept = [s[:width] if truncating == "post" else s[::-1][:width][::-1] for s in seqs]
    if mode == "pre":
        kept = [s[::-1] for s in kept]
    table = tf.ragged.constant(kept, dtype=tf.int32).to_tensor(shape=[None, width])
    return tf.reverse(table, [1]) if mode == "pre" else table
