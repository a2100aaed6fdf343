"""Lists are lengthened by lists of zeros; a tensor comes back."""

# expect: full

# %% pad
def pad(seqs, mode="pre", maxlen=None, truncating="pre"):
    T = maxlen or max(map(len, seqs))
    rows = []
    for s in seqs:
        s = list(s)[-T:] if truncating == "pre" else list(s)[:T]
        zeros = [0] * (T - len(s))
        rows.append(zeros + s if mode == "pre" else s + zeros)
    return tf.constant(rows, tf.int32)
