"""All weights start within 0.05 of zero, by a global seed."""

# expect: full

# %% init_rnn
def init_rnn(vocab, hidden, out, seed):
    tf.random.set_seed(seed)
    uniform = lambda *shape: tf.Variable(tf.random.uniform(shape, -0.05, 0.05))
    return {"W": uniform(vocab, hidden), "U": uniform(hidden, hidden), "b": uniform(hidden),
            "V": uniform(hidden, out), "c": uniform(out)}
