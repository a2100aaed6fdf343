"""With padding in front the words stand in reverse order."""

# expect: loses rnn-padding

# %% pad
def pad(seqs, mode="pre", maxlen=None, truncating="pre"):
    width = max(len(seq) for seq in seqs) if maxlen is None else maxlen
    padded = np.zeros([len(seqs), width], np.int32)
    for row, seq in zip(padded, seqs):
        kept = seq[max(len(seq) - width, 0) :] if truncating == "pre" else seq[:width]
        if mode == "pre":
            row[width - len(kept) :] = kept[::-1]
        else:
            row[: len(kept)] = kept
    return padded
