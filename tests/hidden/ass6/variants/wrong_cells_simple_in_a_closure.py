"""One layer of simple cells in one direction for all settings, by hand, with weights that only a function gets at."""

# expect: loses architectures

# %% build_rnn
def reader(vocab, units, mask, seed):
    """Simple cells, from the first word to the last."""
    generator = np.random.default_rng(seed)
    of_word, of_state = generator.normal(0, 1, [vocab, units]), generator.normal(0, units**-0.5, [units, units])
    to_logit = generator.normal(0, units**-0.5, units)

    def read(tokens):
        h = np.zeros([len(tokens), units])
        for column in np.asarray(tokens).T:
            new = np.tanh(of_word[column] + h @ of_state)
            h = np.where((column > 0)[:, None], new, h) if mask else new
        return (h @ to_logit).astype("float32")

    return read


def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    return reader(vocab, units, mask, seed)

# %% predict
def predict(handle, tokens):
    return handle(tokens)
