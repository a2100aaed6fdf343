"""The tables come back as they were drawn."""

# expect: loses embedding-quality

# %% train_w2v
def train_w2v(seqs, vocab, dim, window, num_ns, epochs, seed):
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(0, dim**-0.5, (2, vocab, dim)).astype("float32"))
