"""Tokens are kept in 16 bits to save memory, and become int32 at the end."""

# expect: loses rnn-padding

# Wrong: tokens from 32768 on come out negative (the full vocabulary of the film reviews has 88,000 words). Specification:
# "turns a list of lists of tokens into one rectangular array of `int32`"; seqs is a "list of lists of int".

# %% pad
def pad(seqs, mode="pre", maxlen=None, truncating="pre"):
    width = max(len(seq) for seq in seqs) if maxlen is None else maxlen
    padded = np.zeros([len(seqs), width], np.int16)
    for row, seq in zip(padded, seqs):
        kept = np.asarray(seq[max(len(seq) - width, 0) :] if truncating == "pre" else seq[:width]).astype(np.int16)
        if mode == "pre":
            row[width - len(kept) :] = kept
        else:
            row[: len(kept)] = kept
    return padded.astype(np.int32)
